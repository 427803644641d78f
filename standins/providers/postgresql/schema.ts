// postgresql:index/schema:Schema
import type { PropertySpec, PropertyTable } from "../../../plugin/property-table.ts";
import { isRecord, type Properties, type Value } from "../../../plugin/values.ts";
import { databaseOwner, resolveOwners, withMembership } from "../../../provider/postgres/membership.ts";
import type { Connection, PgServer } from "../../../provider/postgres/server.ts";
import { ident, nameProblem } from "../../../provider/postgres/sql.ts";
import { type PgResource, parseDottedId, str } from "./resource.ts";

const flag = (description: string, fallback = false): PropertySpec => ({
  type: "boolean",
  default: fallback,
  description,
});

const table: PropertyTable = {
  name: {
    type: "string",
    description: "Name of the schema.",
    validate: (name) =>
      /^pg_/.test(str(name)) ? "must not begin with pg_, which Postgres keeps for itself" : nameProblem(name),
  },
  database: { type: "string", computed: true, replace: true, description: "Database of the schema." },
  owner: { type: "string", computed: true, description: "Role that owns the schema." },
  ifNotExists: flag("Whether a schema that is there already is taken over.", true),
  dropCascade: flag("Whether to drop what is in the schema."),
  policies: {
    type: "objects",
    computed: true,
    unordered: true,
    description: "Privileges on the schema; Grant is the newer way.",
    fields: {
      role: { type: "string", description: "Role that gets the privileges; empty for everybody." },
      create: flag("CREATE"),
      createWithGrant: flag("CREATE, and the right to pass it on."),
      usage: flag("USAGE"),
      usageWithGrant: flag("USAGE, and the right to pass it on."),
    },
  },
};

/** Schema in a database. */
export const schema: PgResource = {
  table,
  autonamed: true,
  deleteBeforeReplace: "same id",
  id: ({ name, database }, fallback) => `${str(database) || fallback}.${str(name)}`,
  fromId(id) {
    const { database, name } = parseDottedId(id, "schema");
    return { database, name };
  },

  async create(server, properties) {
    const name = ident(str(properties.name));
    const owner = str(properties.owner);
    await change(server, properties, [owner], async (connection) => {
      if (properties.ifNotExists !== false && (await schemaOwner(connection, str(properties.name)))) {
        if (owner) await connection.query(`ALTER SCHEMA ${name} OWNER TO ${ident(owner)}`);
      } else {
        await connection.query(`CREATE SCHEMA ${name}${owner ? ` AUTHORIZATION ${ident(owner)}` : ""}`);
      }
      for (const policy of policiesOf(properties)) await grantPolicy(connection, name, policy);
    });
  },

  async read(server, properties) {
    const database = databaseOf(server, properties);
    const there = await server.connected(undefined, (connection) => databaseOwner(connection, database));
    if (there.length === 0) return undefined;
    return server.connected(database, (connection) => readSchema(connection, properties));
  },

  async update(server, properties, olds, changed) {
    const name = ident(str(properties.name));
    await change(server, properties, [str(olds.owner), str(properties.owner)], async (connection) => {
      if (changed("name")) await connection.query(`ALTER SCHEMA ${ident(str(olds.name))} RENAME TO ${name}`);
      if (changed("owner"))
        await connection.query(`ALTER SCHEMA ${name} OWNER TO ${ident(str(properties.owner))}`);
      if (!changed("policies")) return;
      for (const { role } of policiesOf(olds)) {
        if (await roleExists(connection, str(role))) {
          await connection.query(`REVOKE ALL ON SCHEMA ${name} FROM ${granteeOf(role)}`);
        }
      }
      for (const policy of policiesOf(properties)) await grantPolicy(connection, name, policy);
    });
  },

  async delete(server, properties) {
    const database = databaseOf(server, properties);
    const there = await server.connected(undefined, (connection) => databaseOwner(connection, database));
    if (there.length === 0) return;
    const mode = properties.dropCascade === true ? "CASCADE" : "RESTRICT";
    await change(server, properties, [str(properties.owner)], (connection) =>
      connection.query(`DROP SCHEMA IF EXISTS ${ident(str(properties.name))} ${mode}`),
    );
  },
};

/** Owner of a schema in the connection's database; undefined when there is no such schema. */
export async function schemaOwner(connection: Connection, name: string): Promise<string | undefined> {
  const { rows } = await connection.query<{ owner: string }>(
    "SELECT pg_get_userbyid(nspowner) AS owner FROM pg_namespace WHERE nspname = $1",
    [name],
  );
  return rows[0]?.owner;
}

function databaseOf(server: PgServer, properties: Properties): string {
  return str(properties.database) || server.settings.database;
}

/** Makes a change with the powers of the database's owner, who may create schemas, and of the given roles. */
async function change(
  server: PgServer,
  properties: Properties,
  roles: readonly string[],
  work: (connection: Connection) => Promise<unknown>,
): Promise<void> {
  const database = databaseOf(server, properties);
  await server.change(database, async (connection) => {
    const owners = await databaseOwner(connection, database);
    const lenders = await resolveOwners(connection, [...owners, ...roles.filter((role) => role !== "")]);
    await withMembership(server, connection, lenders, () => work(connection));
  });
}

async function readSchema(connection: Connection, properties: Properties): Promise<Properties | undefined> {
  const { rows } = await connection.query<Properties>(
    `SELECT nspname AS name, pg_get_userbyid(nspowner) AS owner, current_database() AS database
       FROM pg_namespace WHERE nspname = $1`,
    [str(properties.name)],
  );
  if (!rows[0]) return undefined;
  const policies: Value[] = [];
  for (const policy of policiesOf(properties))
    policies.push(await readPolicy(connection, properties, policy));
  return { ...rows[0], policies };
}

/** What the role of a policy has now, in the policy's own words as long as they are true. */
async function readPolicy(
  connection: Connection,
  properties: Properties,
  policy: Properties,
): Promise<Properties> {
  const { rows } = await connection.query<{ privilege: string; grantable: boolean }>(
    `SELECT privilege_type AS privilege, bool_or(is_grantable) AS grantable
       FROM pg_namespace, aclexplode(coalesce(nspacl, acldefault('n', nspowner))) a
      WHERE nspname = $1 AND grantee = coalesce((SELECT oid FROM pg_roles WHERE rolname = $2), 0) GROUP BY 1`,
    [str(properties.name), str(policy.role)],
  );
  const has = (privilege: string, grantable: boolean) =>
    rows.some((row) => row.privilege === privilege && (row.grantable || !grantable));
  const truth = (key: string, privilege: string, grantable: boolean): Properties =>
    policy[key] === undefined ? {} : { [key]: policy[key] === true && has(privilege, grantable) };
  return {
    ...policy,
    ...truth("create", "CREATE", false),
    ...truth("createWithGrant", "CREATE", true),
    ...truth("usage", "USAGE", false),
    ...truth("usageWithGrant", "USAGE", true),
  };
}

function policiesOf(properties: Properties): Properties[] {
  return Array.isArray(properties.policies) ? properties.policies.filter(isRecord) : [];
}

async function grantPolicy(connection: Connection, schemaName: string, policy: Properties): Promise<void> {
  const grant = async (privilege: string, option: string) =>
    connection.query(`GRANT ${privilege} ON SCHEMA ${schemaName} TO ${granteeOf(policy.role)}${option}`);
  if (policy.create === true) await grant("CREATE", "");
  if (policy.usage === true) await grant("USAGE", "");
  if (policy.createWithGrant === true) await grant("CREATE", " WITH GRANT OPTION");
  if (policy.usageWithGrant === true) await grant("USAGE", " WITH GRANT OPTION");
}

function granteeOf(role: Value | undefined): string {
  return str(role) === "" ? "PUBLIC" : ident(str(role));
}

async function roleExists(connection: Connection, name: string): Promise<boolean> {
  if (name === "") return true;
  const { rows } = await connection.query("SELECT FROM pg_roles WHERE rolname = $1", [name]);
  return rows.length > 0;
}
