// The role `migrate`: brings the schema up to date and ends; exit code 0 only when every file in migrations/ is applied.
import { setTimeout as sleep } from "node:timers/promises";
import { runner } from "node-pg-migrate";
import { Client } from "pg";
import { createLog, type Log } from "./log.ts";
import type { MigrationSettings } from "./settings.ts";

/**
 * Applies the migrations that are missing, each in its own transaction, in the order of their names. Two runs at once
 * take turns: the runner holds an advisory lock. Throws when Postgres can't be reached in time or a file fails.
 */
export async function runMigrate(settings: MigrationSettings): Promise<void> {
  const log = createLog(settings, "migrate");
  // As process 1 of a container this would ignore the signal; an open transaction is rolled back by the server.
  process.once("SIGTERM", () => {
    log.warn("stopped by SIGTERM");
    process.exit(143);
  });
  const client = await connect(settings, log);
  try {
    if (settings.FAIL_MIGRATION) await failOnPurpose(client, log);
    if (settings.HANG_MIGRATION) await hangOnPurpose(client, log);
    const done = await runner({
      dbClient: client,
      dir: settings.MIGRATIONS_DIR,
      direction: "up",
      migrationsTable: "pgmigrations",
      checkOrder: true,
      singleTransaction: false,
      advisoryLockMode: "wait",
      verbose: false,
      logger: quietLogger(log),
    });
    log.info(
      { applied: done.map(({ name }) => name) },
      done.length === 0 ? "schema is up to date" : "migrated",
    );
  } finally {
    await client.end();
  }
}

/** Connects, waiting for a server that is still starting; a refused login is not worth a second try. */
async function connect(settings: MigrationSettings, log: Log): Promise<Client> {
  const deadline = Date.now() + settings.MIGRATE_CONNECT_TIMEOUT_MS;
  for (;;) {
    const client = new Client({
      connectionString: settings.MIGRATE_DATABASE_URL,
      application_name: `${settings.APP_NAME} migrate (${settings.APP_ENV})`,
      connectionTimeoutMillis: 5_000,
    });
    client.on("error", (error) => log.error({ err: error }, "lost the database connection"));
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => undefined);
      const { code = "" } = error as NodeJS.ErrnoException;
      const worthWaiting = /^(ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|57P03)/.test(code);
      if (!worthWaiting || Date.now() > deadline) throw error;
      log.info({ code }, "waiting for Postgres");
      await sleep(500);
    }
  }
}

/** The runner's chatter at level debug, except for the name of each migration as it starts. */
function quietLogger(log: Log) {
  return {
    debug: (message: string) => log.debug(message),
    info: (message: string) => log[message.startsWith("### ") ? "info" : "debug"](message.trim()),
    warn: (message: string) => log.warn(message.trim()),
    error: (message: string) => log.error(message.trim()),
  };
}

/** A migration that fails halfway: its table must be gone afterwards. */
async function failOnPurpose(client: Client, log: Log): Promise<never> {
  log.warn("fault: FAIL_MIGRATION");
  await client.query("BEGIN; CREATE TABLE fault_halfway (id int); SELECT 1 / 0; COMMIT;");
  throw new Error("fault: the failing migration did not fail");
}

/** A migration that doesn't come back, with its transaction open; the server ends that with the connection. */
async function hangOnPurpose(client: Client, log: Log): Promise<void> {
  log.warn("fault: HANG_MIGRATION");
  await client.query("BEGIN");
  await sleep(86_400_000);
}
