// postgresql:index/database:Database
import type { PropertyTable } from "../../../plugin/property-table.ts";
import type { Properties, Value } from "../../../plugin/values.ts";
import { hasCode } from "../../../provider/postgres/failures.ts";
import { databaseOwner, withMembership } from "../../../provider/postgres/membership.ts";
import type { Connection, PgServer } from "../../../provider/postgres/server.ts";
import { ident, literal, nameProblem } from "../../../provider/postgres/sql.ts";
import { type Changed, type PgResource, str } from "./resource.ts";

/** Statements about databases can't run inside a transaction. */
const ALONE = { transaction: false };

/** First version that ends the connections to a database while it drops it. */
const FORCE = 130_000;

/** `DEFAULT` leaves the choice to the server, so that whatever it chose is right. */
const isDefault = (value: Value | undefined) => str(value).toUpperCase() === "DEFAULT";
const sameOrDefault = (old: Value | undefined, next: Value | undefined) =>
  isDefault(next) || str(old) === str(next);
const encodingName = (value: Value | undefined) =>
  str(value)
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]/g, "");

const table: PropertyTable = {
  name: { type: "string", validate: nameProblem, description: "Name of the database." },
  owner: { type: "string", computed: true, description: "Role that owns the database." },
  template: {
    type: "string",
    computed: true,
    replace: true,
    same: sameOrDefault,
    description: "Database to copy.",
  },
  encoding: {
    type: "string",
    computed: true,
    replace: true,
    same: (old, next) => isDefault(next) || encodingName(old) === encodingName(next),
    description: "Character set encoding.",
  },
  lcCollate: {
    type: "string",
    computed: true,
    replace: true,
    same: sameOrDefault,
    description: "Sort order.",
  },
  lcCtype: {
    type: "string",
    computed: true,
    replace: true,
    same: sameOrDefault,
    description: "Character classes.",
  },
  tablespaceName: { type: "string", computed: true, same: sameOrDefault, description: "Tablespace." },
  connectionLimit: {
    type: "integer",
    default: -1,
    description: "Most connections at a time; -1 for any number.",
    validate: (value) => (typeof value === "number" && value < -1 ? "must be at least -1" : undefined),
  },
  allowConnections: { type: "boolean", default: true, description: "Whether anyone may connect." },
  isTemplate: { type: "boolean", computed: true, description: "Whether others may copy it." },
  alterObjectOwnership: {
    type: "boolean",
    default: false,
    description: "Whether a new owner also gets what the old one owns in the database.",
  },
};

/** Database: made from template0 in UTF-8 unless told otherwise; dropped with its connections. */
export const database: PgResource = {
  table,
  autonamed: true,
  deleteBeforeReplace: "same id",
  id: ({ name }) => str(name),
  fromId: (id) => ({ name: id }),

  async create(server, properties) {
    await server.change(
      undefined,
      (connection) =>
        withMembership(server, connection, [str(properties.owner)], () =>
          connection.query(createStatement(properties)),
        ),
      ALONE,
    );
  },

  async read(server, { name, template }) {
    const { rows } = await server.connected(undefined, (connection) =>
      connection.query<Properties>(
        `SELECT datname AS name, pg_get_userbyid(datdba) AS owner, pg_encoding_to_char(encoding) AS encoding,
                datcollate AS "lcCollate", datctype AS "lcCtype", spcname AS "tablespaceName",
                datconnlimit AS "connectionLimit", datallowconn AS "allowConnections", datistemplate AS "isTemplate"
           FROM pg_database JOIN pg_tablespace ts ON ts.oid = dattablespace WHERE datname = $1`,
        [str(name)],
      ),
    );
    // The server forgets which template it copied.
    return rows[0] && { ...rows[0], template: str(template) || "template0" };
  },

  async update(server, properties, olds, changed) {
    await server.change(
      undefined,
      (connection) => alter(server, connection, properties, olds, changed),
      ALONE,
    );
    if (changed("owner") && properties.alterObjectOwnership === true) {
      await reassignObjects(server, properties, str(olds.owner));
    }
  },

  async delete(server, properties) {
    const name = str(properties.name);
    await server.change(
      undefined,
      async (connection) => {
        const owners = await databaseOwner(connection, name);
        if (owners.length === 0) return;
        await withMembership(server, connection, owners, async () => {
          if (properties.isTemplate)
            await connection.query(`ALTER DATABASE ${ident(name)} IS_TEMPLATE false`);
          if ((await server.facts()).version >= FORCE) {
            await connection.query(`DROP DATABASE IF EXISTS ${ident(name)} WITH (FORCE)`);
            return;
          }
          await connection.query(`ALTER DATABASE ${ident(name)} ALLOW_CONNECTIONS false`);
          await connection.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1",
            [name],
          );
          await connection.query(`DROP DATABASE IF EXISTS ${ident(name)}`);
        });
      },
      ALONE,
    );
  },
};

function createStatement(properties: Properties): string {
  const option = (keyword: string, value: Value | undefined, quote: (text: string) => string) => {
    if (str(value) === "") return [];
    return [`${keyword} ${isDefault(value) ? "DEFAULT" : quote(str(value))}`];
  };
  return [
    `CREATE DATABASE ${ident(str(properties.name))}`,
    ...(str(properties.owner) ? [`OWNER ${ident(str(properties.owner))}`] : []),
    ...option("TEMPLATE", str(properties.template) || "template0", ident),
    ...option("ENCODING", str(properties.encoding) || "UTF8", literal),
    ...option("LC_COLLATE", properties.lcCollate, literal),
    ...option("LC_CTYPE", properties.lcCtype, literal),
    ...option("TABLESPACE", properties.tablespaceName, ident),
    `ALLOW_CONNECTIONS ${properties.allowConnections !== false}`,
    `CONNECTION LIMIT ${Number(properties.connectionLimit ?? -1)}`,
    `IS_TEMPLATE ${properties.isTemplate === true}`,
  ].join(" ");
}

async function alter(
  server: PgServer,
  connection: Connection,
  properties: Properties,
  olds: Properties,
  changed: Changed,
): Promise<void> {
  const name = ident(str(properties.name));
  const current = await databaseOwner(connection, str(olds.name));
  const roles = [...current, ...(changed("owner") ? [str(properties.owner)] : [])];
  await withMembership(server, connection, roles, async () => {
    if (changed("name")) {
      await connection
        .query(`ALTER DATABASE ${ident(str(olds.name))} RENAME TO ${name}`)
        .catch((error: unknown) => {
          // A repeated attempt finds the new name in place.
          if (!hasCode(error, "3D000")) throw error;
        });
    }
    if (changed("tablespaceName")) {
      await connection.query(
        `ALTER DATABASE ${name} SET TABLESPACE ${ident(str(properties.tablespaceName))}`,
      );
    }
    if (changed("connectionLimit")) {
      await connection.query(`ALTER DATABASE ${name} CONNECTION LIMIT ${Number(properties.connectionLimit)}`);
    }
    if (changed("allowConnections")) {
      await connection.query(
        `ALTER DATABASE ${name} ALLOW_CONNECTIONS ${properties.allowConnections !== false}`,
      );
    }
    if (changed("isTemplate")) {
      await connection.query(`ALTER DATABASE ${name} IS_TEMPLATE ${properties.isTemplate === true}`);
    }
    // Last: afterwards the old owner's powers may be of no use.
    if (changed("owner"))
      await connection.query(`ALTER DATABASE ${name} OWNER TO ${ident(str(properties.owner))}`);
  });
}

async function reassignObjects(server: PgServer, properties: Properties, oldOwner: string): Promise<void> {
  const newOwner = str(properties.owner);
  await server.change(str(properties.name), (connection) =>
    withMembership(server, connection, [oldOwner, newOwner], () =>
      connection.query(`REASSIGN OWNED BY ${ident(oldOwner)} TO ${ident(newOwner)}`),
    ),
  );
}
