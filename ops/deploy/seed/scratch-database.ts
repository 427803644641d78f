// The database in which rows are masked: restored, changed and dumped by a login of the moment that can do nothing else,
// since functions of the application run with it. Its server's administrator makes what only an administrator can,
// before anything of the application is there.
import { randomBytes } from "node:crypto";
import type Docker from "dockerode";
import { exec } from "../../../provider/docker/containers.ts";
import { identifier, literal, type PsqlOptions, psql } from "../../../provider/postgres/psql.ts";
import type { DumpedDatabase } from "../../../provider/postgres/restore-point.ts";
import { maskedEntries } from "./dump-entries.ts";
import { LIFETIME_SECONDS } from "./scratch.ts";

const DATABASE = "copy";

/** What the source's server says of it. */
interface SourceFacts {
  owner: string;
  /** All roles but the administrator and Postgres' own. */
  roles: string[];
  extensions: { name: string; schema: string }[];
}

const FACTS = `SELECT json_build_object(
  'owner', (SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()),
  'roles', (SELECT coalesce(json_agg(rolname), '[]') FROM pg_roles WHERE rolname <> 'postgres' AND rolname !~ '^pg_'),
  'extensions', (SELECT coalesce(json_agg(json_build_object('name', extname, 'schema', nspname) ORDER BY e.oid), '[]')
    FROM pg_extension e JOIN pg_namespace n ON n.oid = extnamespace WHERE extname <> 'plpgsql'));`;

/** An error may repeat a row; what follows its first line is left out. */
export function withoutRows(output: string): string {
  return output
    .split("\n")
    .filter((line) => /error|fatal|panic/i.test(line) && !/^(DETAIL|CONTEXT|Command was)/.test(line.trim()))
    .slice(0, 3)
    .join("\n");
}

/** Such a database. */
export class ScratchDatabase {
  readonly #docker: Docker;
  readonly #id: string;
  readonly #source: SourceFacts;
  /** No role of the source has this name. */
  readonly #login = `tandem_seed_${randomBytes(8).toString("hex")}`;

  private constructor(docker: Docker, id: string, source: SourceFacts) {
    this.#docker = docker;
    this.#id = id;
    this.#source = source;
  }

  /** Makes an empty one with the source's extensions, and its roles, which can do nothing. */
  static async create(docker: Docker, id: string, source: DumpedDatabase): Promise<ScratchDatabase> {
    const facts = await psql(docker, source.containerId, FACTS, { database: source.name });
    const scratch = new ScratchDatabase(docker, id, JSON.parse(facts) as SourceFacts);
    await scratch.#prepare();
    return scratch;
  }

  /** For what only an administrator may; nothing of the application may run by it. */
  async #asAdministrator(what: string, statements: string, database = DATABASE): Promise<string> {
    return await this.#sql(what, statements, { database });
  }

  async #sql(what: string, statements: string, options: PsqlOptions): Promise<string> {
    const script = `\\set VERBOSITY terse\n\\set SHOW_CONTEXT never\n${statements}`;
    try {
      return await psql(this.#docker, this.#id, script, { ...options, commands: true });
    } catch (error) {
      throw new Error(
        `${what} failed: ${withoutRows(error instanceof Error ? error.message : String(error))}`,
      );
    }
  }

  async #prepare(): Promise<void> {
    const { roles, extensions } = this.#source;
    const login = identifier(this.#login);
    const statements = [
      // Without BYPASSRLS the dump would stop at a table whose policies bind its owner.
      `CREATE ROLE ${login} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION BYPASSRLS;`,
      ...roles.map((name) => `CREATE ROLE ${identifier(name)}; GRANT ${identifier(name)} TO ${login};`),
      // For the configuration tables of extensions. Postgres 14 and newer.
      `SELECT format('GRANT %I TO %I;', rolname, ${literal(this.#login)}) FROM pg_roles
  WHERE rolname IN ('pg_read_all_data', 'pg_write_all_data') \\gexec`,
      `CREATE DATABASE ${DATABASE} OWNER ${login};`,
    ];
    await this.#asAdministrator("making roles", statements.join("\n"), "postgres");
    const schemas = this.#extensionSchemas().map(
      (schema) => `CREATE SCHEMA ${identifier(schema)} AUTHORIZATION ${login};`,
    );
    const made = extensions.map(
      ({ name, schema }) => `CREATE EXTENSION ${identifier(name)} SCHEMA ${identifier(schema)};`,
    );
    // Before Postgres 15 it isn't the database's owner's.
    const own = `SELECT format('ALTER SCHEMA public OWNER TO %I;', ${literal(this.#login)}) FROM pg_namespace
  WHERE nspname = 'public' AND pg_get_userbyid(nspowner) <> 'pg_database_owner' \\gexec`;
    await this.#asAdministrator("making extensions", [own, ...schemas, ...made].join("\n"));
  }

  #extensionSchemas(): string[] {
    const schemas = this.#source.extensions.map(({ schema }) => schema);
    return [...new Set(schemas)].filter((schema) => schema !== "public" && schema !== "pg_catalog");
  }

  /** Where the columns are read. */
  get place(): { database: DumpedDatabase; username: string } {
    return { database: { containerId: this.#id, name: DATABASE }, username: this.#login };
  }

  /** Runs statements of which the application's own functions may be part. */
  async run(what: string, statements: string): Promise<void> {
    const limits = { statementSeconds: LIFETIME_SECONDS };
    await this.#sql(what, statements, { database: DATABASE, username: this.#login, limits });
  }

  /** Runs a script in the container; `$login` and `$database` say where. */
  async shell(what: string, script: string, ...args: string[]): Promise<string> {
    const set = `set -eu\nlogin=${this.#login} database=${DATABASE}\n${script}`;
    const command = ["sh", "-c", set, "seed", ...args];
    const { exitCode, stdout, output } = await exec(this.#docker, this.#id, command);
    if (exitCode !== 0) throw new Error(`${what} failed: ${withoutRows(output) || `exit code ${exitCode}`}`);
    return stdout.trim();
  }

  /**
   * Restores a dump up to its rows; `finish` then brings triggers, rules, policies, keys and indexes.
   *
   * @param path of the dump in the container
   * @returns what was left out
   */
  async restoreRows(path: string): Promise<{ leftOut: string[]; finish: () => Promise<void> }> {
    const { stdout, exitCode } = await exec(this.#docker, this.#id, ["pg_restore", "--list", path]);
    if (exitCode !== 0) throw new Error("reading the dump's list failed");
    const { owner, extensions } = this.#source;
    const made = {
      extensions: new Set(extensions.map(({ name }) => name)),
      schemas: new Set(this.#extensionSchemas()),
    };
    const { list: kept, left: leftOut } = maskedEntries(stdout, made, owner);
    const list = `${path}.list`;
    const put = await exec(this.#docker, this.#id, ["sh", "-c", 'cat > "$1"', "sh", list], kept);
    if (put.exitCode !== 0) throw new Error(`writing the dump's list failed: ${put.output.trim()}`);
    const restore = async (...sections: string[]) => {
      const only = sections.map((section) => `--section=${section}`).join(" ");
      await this.shell(
        "restoring the dump beside production",
        `pg_restore --username "$login" --no-password --no-owner --exit-on-error ${only} --use-list "$2" \\
  --dbname "$database" "$1"`,
        path,
        list,
      );
    };
    await restore("pre-data", "data");
    return {
      leftOut,
      finish: async () => {
        await restore("post-data");
        await this.shell("removing the dump", 'rm "$1" "$2"', path, list);
      },
    };
  }

  /**
   * Gives everything to the source's owner, and the roles the names of those of the target that take their place; what
   * any other may do is taken away.
   */
  async handOver(roles: ReadonlyMap<string, string>): Promise<void> {
    const { owner, roles: names } = this.#source;
    if (!roles.has(owner)) {
      throw new Error(
        `the owner of production's database, ${owner}, has no counterpart: is it a login of its stack?`,
      );
    }
    const gone = names.filter((name) => !roles.has(name)).map(identifier);
    const renamed = names.flatMap((name, index) => {
      const target = roles.get(name);
      return target === undefined ? [] : [{ name, target, between: `tandem_seed_${index}` }];
    });
    const statements = [
      `REASSIGN OWNED BY ${identifier(this.#login)} TO ${identifier(owner)};`,
      ...gone.map((name) => `DROP OWNED BY ${name}; DROP ROLE ${name};`),
      // In two steps: a new name may be an old name of another.
      ...renamed.map(
        ({ name, between }) => `ALTER ROLE ${identifier(name)} RENAME TO ${identifier(between)};`,
      ),
      ...renamed.map(
        ({ between, target }) => `ALTER ROLE ${identifier(between)} RENAME TO ${identifier(target)};`,
      ),
    ];
    await this.#asAdministrator("handing the copy over", statements.join("\n"));
  }
}
