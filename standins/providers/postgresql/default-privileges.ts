// postgresql:index/defaultPrivileges:DefaultPrivileges, and its old misspelt name DefaultPrivileg
import type { PropertyTable } from "../../../plugin/property-table.ts";
import type { Properties } from "../../../plugin/values.ts";
import { databaseOwner, withMembership } from "../../../provider/postgres/membership.ts";
import type { Connection, PgServer } from "../../../provider/postgres/server.ts";
import { ident, nameProblem } from "../../../provider/postgres/sql.ts";
import { checkPrivileges, PUBLIC, statePrivileges } from "./privileges.ts";
import { list, type PgResource, str } from "./resource.ts";
import { schemaOwner } from "./schema.ts";

/** Letters by which the catalog knows the object types. */
const LETTERS: Readonly<Record<string, string>> = {
  table: "r",
  sequence: "S",
  function: "f",
  routine: "f",
  type: "T",
  schema: "n",
};

const name = (description: string) =>
  ({ type: "string", required: true, replace: true, validate: nameProblem, description }) as const;

const table: PropertyTable = {
  role: name("Role that gets the privileges; public for everybody."),
  database: name("Database in which the owner creates objects."),
  owner: name("Role whose new objects are meant."),
  schema: { type: "string", replace: true, description: "Schema of the new objects; none means all." },
  objectType: {
    type: "string",
    required: true,
    replace: true,
    description: "Kind of object.",
    validate: (value) =>
      str(value) in LETTERS ? undefined : `must be one of ${Object.keys(LETTERS).join(", ")}`,
  },
  privileges: {
    type: "strings",
    required: true,
    unordered: true,
    description: "Privileges; none takes all away.",
  },
  withGrantOption: {
    type: "boolean",
    default: false,
    replace: true,
    description: "Whether they may be passed on.",
  },
};

/** Privileges that objects get when a role creates them later. */
export const defaultPrivileges: PgResource = {
  table,
  deleteBeforeReplace: "always",
  id: ({ role, database, schema, owner, objectType }) =>
    [str(role), str(database), str(schema) || "noschema", str(owner), str(objectType)].join("_"),

  check(inputs) {
    const failures = checkPrivileges(inputs);
    if (inputs.objectType === "schema" && str(inputs.schema) !== "") {
      return [...failures, { property: "schema", reason: "must not be given for the object type schema" }];
    }
    if (inputs.withGrantOption === true && str(inputs.role).toLowerCase() === PUBLIC) {
      return [...failures, { property: "withGrantOption", reason: "must be false for everybody (public)" }];
    }
    return failures;
  },

  create: (server, properties) => apply(server, properties),
  update: (server, properties) => apply(server, properties),

  async read(server, properties) {
    const database = str(properties.database);
    const there = await server.connected(undefined, (connection) => databaseOwner(connection, database));
    if (there.length === 0) return undefined;
    const { version } = await server.facts();
    return server.connected(database, async (connection) => {
      if (!(await isInPlace(connection, properties))) return undefined;
      const granted = await readGranted(connection, properties);
      // Privileges that are all gone are a resource that is gone, unless having none is the aim.
      if (granted.length === 0 && list(properties.privileges).length > 0) return undefined;
      const names = granted.map(({ privilege }) => privilege);
      return {
        privileges: statePrivileges(properties, names, version),
        withGrantOption:
          granted.length > 0 ? granted.every(({ grantable }) => grantable) : properties.withGrantOption,
      };
    });
  },

  async delete(server, properties) {
    const database = str(properties.database);
    const there = await server.connected(undefined, (connection) => databaseOwner(connection, database));
    if (there.length === 0) return;
    await server.change(database, async (connection) => {
      if (!(await isInPlace(connection, properties))) return;
      await withMembership(server, connection, [str(properties.owner)], () =>
        connection.query(
          `${prefix(properties)} REVOKE ALL ON ${objects(properties)} FROM ${ident(str(properties.role))}`,
        ),
      );
    });
  },
};

async function apply(server: PgServer, properties: Properties): Promise<void> {
  const role = ident(str(properties.role));
  const privileges = list(properties.privileges);
  const option = properties.withGrantOption === true ? " WITH GRANT OPTION" : "";
  await server.change(str(properties.database), (connection) =>
    withMembership(server, connection, [str(properties.owner)], async () => {
      await connection.query(`${prefix(properties)} REVOKE ALL ON ${objects(properties)} FROM ${role}`);
      if (privileges.length === 0) return;
      await connection.query(
        `${prefix(properties)} GRANT ${privileges.join(", ")} ON ${objects(properties)} TO ${role}${option}`,
      );
    }),
  );
}

function prefix(properties: Properties): string {
  const schema = str(properties.schema);
  return `ALTER DEFAULT PRIVILEGES FOR ROLE ${ident(str(properties.owner))}${schema ? ` IN SCHEMA ${ident(schema)}` : ""}`;
}

/** The checked object type in the plural, as the statement wants it. */
function objects(properties: Properties): string {
  return `${str(properties.objectType).toUpperCase()}S`;
}

/** Whether owner, role and schema are all there. */
async function isInPlace(connection: Connection, properties: Properties): Promise<boolean> {
  const roles = [str(properties.owner), str(properties.role)].filter((role) => role !== PUBLIC);
  const { rows } = await connection.query("SELECT FROM pg_roles WHERE rolname = ANY($1)", [roles]);
  if (rows.length < new Set(roles).size) return false;
  return (
    str(properties.schema) === "" || (await schemaOwner(connection, str(properties.schema))) !== undefined
  );
}

/** Without an entry of its own for a whole database, the server's built-in defaults hold. */
async function readGranted(
  connection: Connection,
  properties: Properties,
): Promise<{ privilege: string; grantable: boolean }[]> {
  const { rows } = await connection.query<{ privilege: string; grantable: boolean }>(
    `WITH owner AS (SELECT oid FROM pg_roles WHERE rolname = $1),
          space AS (SELECT coalesce((SELECT oid FROM pg_namespace WHERE nspname = $3), 0) AS oid)
     SELECT privilege_type AS privilege, bool_or(is_grantable) AS grantable
       FROM owner, space, aclexplode(coalesce(
              (SELECT defaclacl FROM pg_default_acl
                WHERE defaclrole = owner.oid AND defaclnamespace = space.oid AND defaclobjtype = $4::"char"),
              CASE WHEN space.oid = 0 THEN acldefault(CASE WHEN $4 = 'S' THEN 's'::"char" ELSE $4::"char" END, owner.oid) END))
      WHERE grantee = coalesce((SELECT oid FROM pg_roles WHERE rolname = $2), 0)
      GROUP BY 1`,
    [
      str(properties.owner),
      str(properties.role),
      str(properties.schema),
      LETTERS[str(properties.objectType)],
    ],
  );
  return rows;
}
