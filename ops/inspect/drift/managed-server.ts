// A managed Postgres server, asked with the login of the stack's own provider; apart, since the client takes time to load.
import { resolve } from "node:path";
import { PgServer } from "../../../provider/postgres/server.ts";
import { readSettings } from "../../../provider/postgres/settings.ts";
import type { ProviderInputs } from "./provider-settings.ts";

/** Longest time that a look waits for the server. Seconds. */
const PATIENCE = "30";

/**
 * Opens the server; `folder` is what paths in the settings are relative to. Where a database lets in its owner only, the
 * administrator is its member for the moment of connecting, as at each refresh.
 */
export function openManaged(inputs: ProviderInputs, folder: string) {
  const { sslrootcert } = inputs;
  const certificates = sslrootcert ? { sslrootcert: resolve(folder, sslrootcert) } : {};
  const server = new PgServer(readSettings({ ...inputs, connectTimeout: PATIENCE, ...certificates }));
  const { host, port, databaseUsername: admin, database } = server.settings;
  const ask = (sql: string, name?: string): Promise<string> =>
    server.connected(name, async (connection) => {
      const { rows } = await connection.query<{ json_build_object: unknown }>(sql);
      return JSON.stringify(rows[0]?.json_build_object);
    });
  return { name: `${host}:${port}`, admin, database, ask };
}
