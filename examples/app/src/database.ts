// The pool of Postgres connections and what /ready asks of the database.
import { Pool } from "pg";
import type { Log } from "./log.ts";
import type { ServiceSettings } from "./settings.ts";

/** Makes the pool; it connects on first use and again after a loss. */
export function createPool(settings: ServiceSettings, log: Log): Pool {
  const pool = new Pool({
    connectionString: settings.DATABASE_URL,
    max: settings.DATABASE_POOL_SIZE,
    application_name: `${settings.APP_NAME} (${settings.APP_ENV})`,
    connectionTimeoutMillis: 3_000,
    idleTimeoutMillis: 30_000,
    statement_timeout: 10_000,
    keepAlive: true,
  });
  // A connection that breaks while idle; the pool replaces it, but without a listener the process would end.
  pool.on("error", (error) => log.warn({ err: error }, "lost an idle database connection"));
  return pool;
}

/** Throws unless the database answers and holds the migrated tables. */
export async function checkDatabase(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ ready: boolean }>(
    "SELECT count(*) = 1 AS ready FROM pg_attribute WHERE attrelid = to_regclass('notes') AND attname = 'embedding'",
  );
  if (rows[0]?.ready !== true) throw new Error("the schema is not up to date: run the role `migrate` first");
}
