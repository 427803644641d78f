// A managed Postgres server for each of two environments, as their providers run them: the same address, a port and a
// password of its own each, and logins to try on them.
import { readFileSync } from "node:fs";
import pg from "pg";
import { referenceOf } from "../../setup/images/catalog.ts";
import { MANAGER, type OutsidePostgres, startOutsidePostgres } from "./outside-postgres.ts";
import type { StackConfig, TestProject } from "./project.ts";

/** The environments with a server. */
export type ManagedStack = "staging" | "production";

/** The two servers. */
export class ManagedPair {
  readonly staging: OutsidePostgres;
  readonly production: OutsidePostgres;

  private constructor(staging: OutsidePostgres, production: OutsidePostgres) {
    this.staging = staging;
    this.production = production;
  }

  /** Starts both. */
  static async start(): Promise<ManagedPair> {
    const image = referenceOf("postgres");
    const [staging, production] = await Promise.all([
      startOutsidePostgres(image),
      startOutsidePostgres(image),
    ]);
    const pair = new ManagedPair(staging, production);
    // One password for both would be refused.
    for (const stack of ["staging", "production"] as const) {
      await pair[stack].server.query(`ALTER ROLE ${MANAGER.user} PASSWORD '${passwordOf(stack)}'`);
    }
    return pair;
  }

  /** What an environment sets to use its server. */
  config(stack: ManagedStack): StackConfig {
    const { host, server, caFile } = this[stack];
    return {
      databaseServer: {
        kind: "managed",
        host,
        port: server.port,
        username: MANAGER.user,
        sslmode: "verify-full",
      },
      databaseCaFile: caFile,
    };
  }

  /** Gives each environment the password of its server's administrator. */
  async setPasswords(project: TestProject): Promise<void> {
    for (const stack of ["staging", "production"] as const) {
      await project.setSecret(stack, "databasePassword", passwordOf(stack));
    }
  }

  /** Runs a statement with the login of a connection URL, on the server of the environment that is named. */
  async queryAs(stack: ManagedStack, url: string, sql: string): Promise<Record<string, unknown>[]> {
    const { host, server, caFile } = this[stack];
    const { username, password, pathname } = new URL(url);
    const client = new pg.Client({
      host,
      port: server.port,
      user: username,
      password: decodeURIComponent(password),
      database: pathname.slice(1),
      ssl: { ca: readFileSync(caFile, "utf8") },
    });
    await client.connect();
    try {
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  }

  /** Removes both with their data. */
  async remove(): Promise<void> {
    await this.staging.remove();
    await this.production.remove();
  }
}

function passwordOf(stack: ManagedStack): string {
  return `${MANAGER.password}-${stack}`;
}
