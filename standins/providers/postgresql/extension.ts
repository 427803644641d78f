// postgresql:index/extension:Extension
import type { PropertyTable } from "../../../plugin/property-table.ts";
import type { Properties } from "../../../plugin/values.ts";
import { hasCode } from "../../../provider/postgres/failures.ts";
import { databaseOwner, withMembership } from "../../../provider/postgres/membership.ts";
import type { Connection, PgServer } from "../../../provider/postgres/server.ts";
import { ident, nameProblem } from "../../../provider/postgres/sql.ts";
import { type PgResource, parseDottedId, str } from "./resource.ts";

const table: PropertyTable = {
  name: {
    type: "string",
    required: true,
    replace: true,
    validate: nameProblem,
    description: "Name of the extension, such as vector.",
  },
  database: { type: "string", computed: true, replace: true, description: "Database to add it to." },
  schema: { type: "string", computed: true, description: "Schema of its objects." },
  version: { type: "string", computed: true, description: "Version; none means the server's choice." },
  createCascade: { type: "boolean", default: false, description: "Whether to create what it depends on." },
  dropCascade: { type: "boolean", default: false, description: "Whether to drop what depends on it." },
};

/** Extension in a database. One that is there already is taken over and brought to the wanted schema and version. */
export const extension: PgResource = {
  table,
  deleteBeforeReplace: "same id",
  id: ({ name, database }, fallback) => `${str(database) || fallback}.${str(name)}`,
  fromId(id) {
    const { database, name } = parseDottedId(id, "extension");
    return { database, name };
  },

  async create(server, properties) {
    await inDatabase(server, properties, async (connection) => {
      const place = str(properties.schema) || (await defaultSchema(connection, properties));
      const clauses = [
        ...(place ? [`SCHEMA ${ident(place)}`] : []),
        ...(str(properties.version) ? [`VERSION ${ident(str(properties.version))}`] : []),
        ...(properties.createCascade === true ? ["CASCADE"] : []),
      ];
      const statement = `CREATE EXTENSION IF NOT EXISTS ${ident(str(properties.name))} ${clauses.join(" ")}`;
      await connection.query(statement).catch((error: unknown) => {
        if (!hasCode(error, "42501")) throw error;
        throw new Error(
          `${(error as Error).message}: it is not marked as trusted, so a superuser has to add it`,
        );
      });
      const found = await readExtension(connection, properties);
      const differs = (key: string) =>
        str(properties[key]) !== "" && str(properties[key]) !== str(found?.[key]);
      await alter(connection, properties, differs);
    });
  },

  async read(server, properties) {
    const database = databaseOf(server, properties);
    const there = await server.connected(undefined, (connection) => databaseOwner(connection, database));
    if (there.length === 0) return undefined;
    return server.connected(database, (connection) => readExtension(connection, properties));
  },

  update: (server, properties, _olds, changed) =>
    inDatabase(server, properties, (connection) => alter(connection, properties, changed)),

  async delete(server, properties) {
    const database = databaseOf(server, properties);
    const there = await server.connected(undefined, (connection) => databaseOwner(connection, database));
    if (there.length === 0) return;
    await inDatabase(server, properties, (connection) =>
      connection.query(
        `DROP EXTENSION IF EXISTS ${ident(str(properties.name))} ${properties.dropCascade ? "CASCADE" : "RESTRICT"}`,
      ),
    );
  },
};

function databaseOf(server: PgServer, properties: Properties): string {
  return str(properties.database) || server.settings.database;
}

/** Makes a change with the powers of the database's owner, who may create trusted extensions. */
async function inDatabase(
  server: PgServer,
  properties: Properties,
  work: (connection: Connection) => Promise<unknown>,
): Promise<void> {
  const database = databaseOf(server, properties);
  await server.change(database, async (connection) =>
    withMembership(server, connection, await databaseOwner(connection, database), () => work(connection)),
  );
}

/** Schema for an extension that nobody chose one for: `public`, or none where it says itself which it must have. */
async function defaultSchema(connection: Connection, properties: Properties): Promise<string> {
  const { rows } = await connection.query(
    "SELECT FROM pg_available_extension_versions WHERE name = $1 AND schema IS NOT NULL",
    [str(properties.name)],
  );
  return rows.length > 0 ? "" : "public";
}

async function readExtension(
  connection: Connection,
  properties: Properties,
): Promise<Properties | undefined> {
  const { rows } = await connection.query<Properties>(
    `SELECT extname AS name, current_database() AS database, nspname AS schema, extversion AS version
       FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace WHERE extname = $1`,
    [str(properties.name)],
  );
  return rows[0];
}

async function alter(
  connection: Connection,
  properties: Properties,
  changed: (key: string) => boolean,
): Promise<void> {
  const name = ident(str(properties.name));
  if (changed("schema"))
    await connection.query(`ALTER EXTENSION ${name} SET SCHEMA ${ident(str(properties.schema))}`);
  if (changed("version")) {
    const target = str(properties.version) ? ` TO ${ident(str(properties.version))}` : "";
    await connection.query(`ALTER EXTENSION ${name} UPDATE${target}`);
  }
}
