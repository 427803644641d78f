// A running pair as an attacker in one of its environments finds it, and as its judge sees it.
import { randomBytes } from "node:crypto";
import { Redis } from "ioredis";
import { exec } from "../../provider/docker/containers.ts";
import { docker } from "../support/docker.ts";
import type { TestProject } from "../support/project.ts";
import { containerOf } from "../support/snapshot.ts";

/** An environment. */
export type Stack = "staging" | "production";

/** Logins of an environment's database by purpose. */
export type Login = "owner" | "app" | "readonly";

/** A command that takes longer has hung. `TANDEM_PATIENCE` sets another bound, for a machine that does much else meanwhile. */
export const PATIENCE_SECONDS = Number(process.env.TANDEM_PATIENCE ?? 240);

/** Names of a system's Postgres server and database. */
interface Names {
  server: (project: string, stack: Stack) => string;
  database: (project: string, stack: Stack) => string;
}

const NAMES: Record<"lugh" | "oracle", Names> = {
  lugh: {
    server: (project) => `${project}_shared_postgres`,
    database: (_, stack) => (stack === "staging" ? "staging_lugh" : "prod_lugh"),
  },
  oracle: {
    server: (project, stack) => `${project}_${stack}_postgres`,
    database: (project, stack) => `${project}_${stack}`.replaceAll("-", "_"),
  },
};

/** An environment of a pair. */
export class Site {
  readonly project: TestProject;
  readonly system: "lugh" | "oracle";
  readonly stack: Stack;
  /** Stands in what an attacker leaves, so that it is known again wherever it turns up. */
  readonly token: string;

  constructor(project: TestProject, system: "lugh" | "oracle", stack: Stack, token?: string) {
    this.project = project;
    this.system = system;
    this.stack = stack;
    this.token = token ?? `canary${randomBytes(6).toString("hex")}`;
  }

  /** The environment beside it. */
  get other(): Site {
    const stack = this.stack === "staging" ? "production" : "staging";
    return new Site(this.project, this.system, stack, this.token);
  }

  /** Container of its Postgres server. */
  get server(): string {
    return NAMES[this.system].server(this.project.name, this.stack);
  }

  /** Its database. */
  get database(): string {
    return NAMES[this.system].database(this.project.name, this.stack);
  }

  /** Name of a login. */
  login(purpose: Login): string {
    return `${this.database}_${purpose}`;
  }

  /** A file that must never come to be, in the server's container or on this machine. */
  get file(): string {
    return `/tmp/${this.token}`;
  }

  /** Runs SQL on the server as its administrator, in a session that no trap reaches. @returns both streams */
  async sql(text: string, database = "postgres"): Promise<string> {
    const pinned =
      "PGOPTIONS=-c search_path=pg_catalog,pg_temp -c statement_timeout=60000 -c default_transaction_read_only=off";
    const psql = ["psql", "-XqAt", "-U", "postgres", "-d", database, "-f", "-"];
    return (await exec(docker, this.server, ["env", pinned, ...psql], text, "postgres")).output.trim();
  }

  /**
   * Runs SQL in its database with one of its own logins: a session of its own, since who only puts on a role in an
   * administrator's session can take it off again. Between `openLogins` and `closeLogins`.
   *
   * @throws with the server's first error
   */
  async as(purpose: Login, text: string): Promise<string> {
    const psql = [
      "psql",
      "-XqAt",
      "-h",
      "127.0.0.1",
      "-U",
      this.login(purpose),
      "-d",
      this.database,
      "-f",
      "-",
    ];
    const session = `SET search_path = public, pg_catalog;\n${text}`;
    const { output } = await exec(docker, this.server, ["env", `PGPASSWORD=${this.token}`, ...psql], session);
    const error = /^.*(ERROR|FATAL): .*$/m.exec(output);
    if (error !== null) throw new Error(error[0]);
    return output.trim();
  }

  /** Gives the owner and the reader a password that the test knows. @returns puts their own back */
  async openLogins(): Promise<() => Promise<void>> {
    const names = [this.login("owner"), this.login("readonly")];
    const verifiers = await Promise.all(
      names.map((name) => this.sql(`SELECT rolpassword FROM pg_authid WHERE rolname = '${name}';`)),
    );
    for (const name of names) await this.sql(`ALTER ROLE ${name} PASSWORD '${this.token}';`);
    return async () => {
      for (const [index, name] of names.entries())
        await this.sql(`ALTER ROLE ${name} PASSWORD '${verifiers[index]}';`);
    };
  }

  /** Its app's container. */
  app(): Promise<string> {
    return containerOf(this.project.name, this.stack, "app");
  }

  /** Runs a script inside its app's container, as the app. @returns both streams */
  async inApp(script: string): Promise<string> {
    return (await exec(docker, await this.app(), ["sh", "-c", script])).output.trim();
  }

  /** A secret as the app reads it. */
  secret(name: string): Promise<string> {
    return this.inApp(`cat /run/secrets/${name} 2>/dev/null || printenv ${name}`);
  }

  /** A client with the app's own login on its Redis. */
  async redis(): Promise<Redis> {
    const url = new URL(await this.secret("REDIS_URL"));
    const address = await this.inApp(
      `node -e 'require("dns").lookup("${url.hostname}", (e, a) => console.log(a))'`,
    );
    url.hostname = address;
    const client = new Redis(url.href, {
      maxRetriesPerRequest: 0,
      commandTimeout: 8000,
      lazyConnect: true,
      enableReadyCheck: false,
      retryStrategy: () => null,
    });
    client.on("error", () => undefined);
    return client;
  }

  /** Starts a Redis server of its own anew, as an administrator would who finds it hung. */
  async restartRedis(): Promise<void> {
    const container = docker.getContainer(`${this.project.name}_${this.stack}_redis`);
    await container.kill();
    await container.start();
  }

  /** Its port and hostname. */
  get address(): [port: number, host: string] {
    const { hostPort, hostname } = this.project.config(this.stack);
    return [Number(hostPort), String(hostname)];
  }
}
