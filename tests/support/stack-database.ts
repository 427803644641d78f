// The database of a stack of The Oracle in tests: its server's container, its rows, its restore points.
import { dockerOk } from "./docker-cli.ts";
import type { TestProject } from "./project.ts";

/** Such a database. */
export class StackDatabase {
  /** Name of the server's container. */
  readonly server: string;
  /** Name of the database. */
  readonly name: string;
  /** Folder of its restore points, on the server. */
  readonly restorePointFolder: string;
  private readonly project: TestProject;
  private readonly stack: string;

  constructor(project: TestProject, stack: string) {
    this.project = project;
    this.stack = stack;
    this.server = `${project.name}_${stack}_postgres`;
    this.name = `${project.name}_${stack}`.replaceAll("-", "_");
    this.restorePointFolder = `/var/lib/postgresql/data/restore-points/${this.name}`;
  }

  /** Runs a script in the server's container, as its user. @returns what it printed */
  async onServer(script: string): Promise<string> {
    return (await dockerOk(["exec", this.server, "sh", "-euc", script])).trim();
  }

  /** Runs SQL as administrator. @returns rows, `|` between columns */
  async sql(statement: string, database = this.name): Promise<string> {
    const psql = [
      "psql",
      "-qXAt",
      "-v",
      "ON_ERROR_STOP=1",
      "-U",
      "postgres",
      "-d",
      database,
      "-c",
      statement,
    ];
    return (await dockerOk(["exec", this.server, ...psql])).trim();
  }

  /** One number for all rows of the app's tables. */
  checksum(): Promise<string> {
    return this.sql("SELECT md5(string_agg(n::text, '|' ORDER BY id)) || count(*) FROM notes n;");
  }

  /** Its restore points as the history tells of them, newest first. */
  async restorePoints(): Promise<{ name: string }[]> {
    const { output } = await this.project.tandem(["history", this.stack, "--json"]);
    return JSON.parse(output).restorePoints;
  }
}
