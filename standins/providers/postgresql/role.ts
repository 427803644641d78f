// postgresql:index/role:Role

import { keepsPassword } from "../../../lib/kept-password.ts";
import type { PropertySpec, PropertyTable } from "../../../plugin/property-table.ts";
import { hasUnknown, type Properties } from "../../../plugin/values.ts";
import type { Connection, PgServer } from "../../../provider/postgres/server.ts";
import { ident, idents, roleNameProblem } from "../../../provider/postgres/sql.ts";
import { giveAwayBelongings } from "./belongings.ts";
import { passwordClause } from "./password.ts";
import { type Changed, list, type PgResource, str } from "./resource.ts";
import { attributeOptions, readSettings, settingStatements } from "./role-options.ts";

const flag = (description: string, fallback = false): PropertySpec => ({
  type: "boolean",
  default: fallback,
  description,
});
const timeout = (description: string): PropertySpec => ({
  type: "integer",
  description,
  validate: (value) => (typeof value === "number" && value < 0 ? "must not be negative" : undefined),
});

const table: PropertyTable = {
  name: { type: "string", validate: roleNameProblem, description: "Name of the role." },
  password: { type: "string", secret: true, description: "Password; NULL takes it away." },
  passwordWo: {
    type: "string",
    secret: true,
    description: "Password that changes only with passwordWoVersion.",
  },
  passwordWoVersion: { type: "string", description: "Change it to set passwordWo again." },
  encrypted: { type: "string", description: "Old name of encryptedPassword." },
  encryptedPassword: {
    ...flag("Kept for old programs: the server always hashes passwords.", true),
    validate: (value) =>
      value === false ? "must be true: Postgres keeps no plain-text passwords since version 10" : undefined,
  },
  login: flag("Whether the role may log in."),
  superuser: flag("Whether the role may do everything."),
  createDatabase: flag("Whether the role may create databases."),
  createRole: flag("Whether the role may create roles."),
  inherit: flag("Whether the role has the privileges of roles that it is a member of.", true),
  replication: flag("Whether the role may replicate."),
  bypassRowLevelSecurity: flag("Whether row-level security doesn't apply to the role."),
  connectionLimit: {
    type: "integer",
    default: -1,
    description: "Most connections at a time; -1 for any number.",
    validate: (value) => (typeof value === "number" && value < -1 ? "must be at least -1" : undefined),
  },
  validUntil: {
    type: "string",
    default: "infinity",
    description: "When the password expires.",
    same: (old, next) => (str(old) || "infinity").toLowerCase() === (str(next) || "infinity").toLowerCase(),
  },
  roles: { type: "strings", unordered: true, description: "Roles that this one is a member of." },
  searchPaths: {
    type: "strings",
    description: "Schemas in which names are looked up.",
    validate: (value) =>
      list(value).some((path) => path.includes(", ")) ? 'must not have ", " inside a name' : undefined,
  },
  statementTimeout: timeout("Longest time a statement may take, in milliseconds."),
  idleInTransactionSessionTimeout: timeout("Longest time a transaction may idle, in milliseconds."),
  assumeRole: { type: "string", description: "Role that the login becomes." },
  skipDropRole: flag("Leave the role in the server when the resource is deleted."),
  skipReassignOwned: flag("Don't give away what the role owns when it is deleted."),
};

/**
 * Role. Its password leaves this process only as a SCRAM verifier. What it owns goes to the database's owner when it is
 * deleted.
 */
export const role: PgResource = {
  table,
  autonamed: true,
  deleteBeforeReplace: "same id",
  id: ({ name }) => str(name),
  fromId: (id) => ({ name: id }),

  check(inputs) {
    const has = (key: string) => inputs[key] !== undefined;
    if (hasUnknown(inputs.password)) return [];
    if (has("password") && has("passwordWo")) {
      return [{ property: "passwordWo", reason: "can't be given together with password" }];
    }
    if (has("passwordWo") !== has("passwordWoVersion")) {
      return [{ property: "passwordWoVersion", reason: "and passwordWo must be given together" }];
    }
    return [];
  },

  async create(server, properties) {
    const isSet = (key: string) => properties[key] !== undefined && properties[key] !== table[key]?.default;
    const password = str(properties.password) || str(properties.passwordWo);
    const options = [...attributeOptions(properties, isSet), ...(password ? [passwordClause(password)] : [])];
    await server.change(undefined, async (connection) => {
      await connection.query(`CREATE ROLE ${ident(str(properties.name))} ${options.join(" ")}`);
      await grantRoles(connection, str(properties.name), list(properties.roles));
      await runAll(connection, settingStatements(properties, isSet));
    });
  },

  read: (server, properties) =>
    server.connected(undefined, (connection) => readRole(server, connection, properties)),

  async update(server, properties, olds, changed) {
    await server.change(undefined, async (connection) => {
      const name = str(properties.name);
      if (changed("name"))
        await connection.query(`ALTER ROLE ${ident(str(olds.name))} RENAME TO ${ident(name)}`);
      const options = [...attributeOptions(properties, changed), ...newPassword(properties, changed)];
      if (options.length > 0) await connection.query(`ALTER ROLE ${ident(name)} ${options.join(" ")}`);
      if (changed("roles")) await replaceRoles(server, connection, name, list(properties.roles));
      await runAll(connection, settingStatements(properties, changed));
    });
  },

  async delete(server, properties) {
    const name = str(properties.name);
    if (!(await server.connected(undefined, (connection) => exists(connection, name)))) return;
    if (properties.skipReassignOwned !== true) await giveAwayBelongings(server, name);
    if (properties.skipDropRole === true) return;
    await server.change(undefined, (connection) => connection.query(`DROP ROLE IF EXISTS ${ident(name)}`));
  },
};

async function readRole(
  server: PgServer,
  connection: Connection,
  properties: Properties,
): Promise<Properties | undefined> {
  const until = str(properties.validUntil);
  const { rows } = await connection.query<
    Properties & { config: string[]; roles: string[]; sameUntil: boolean | null }
  >(
    `SELECT rolname AS name, rolsuper AS superuser, rolinherit AS inherit, rolcreaterole AS "createRole",
            rolcreatedb AS "createDatabase", rolcanlogin AS login, rolreplication AS replication,
            rolbypassrls AS "bypassRowLevelSecurity", rolconnlimit AS "connectionLimit",
            coalesce(rolvaliduntil::text, 'infinity') AS "validUntil", rolvaliduntil = $2::timestamptz AS "sameUntil",
            coalesce(rolconfig, '{}') AS config,
            ARRAY(SELECT DISTINCT pg_get_userbyid(roleid)::text FROM pg_auth_members WHERE member = r.oid) AS roles
       FROM pg_roles r WHERE rolname = $1`,
    [str(properties.name), until && until.toLowerCase() !== "infinity" ? until : null],
  );
  const [row] = rows;
  if (!row) return undefined;
  const { config, sameUntil, ...found } = row;
  return {
    ...found,
    ...readSettings(config),
    // The same moment may be written in many ways: the user's way stays.
    validUntil: sameUntil ? until : found.validUntil,
    encryptedPassword: true,
    ...(await readPassword(server, connection, properties)),
  };
}

/** The server tells nobody a password; a superuser can at least see that it isn't the one in the state any more. */
async function readPassword(
  server: PgServer,
  connection: Connection,
  properties: Properties,
): Promise<Properties> {
  const known = str(properties.password);
  if (known === "" || !server.settings.superuser || !(await server.facts()).isSuperuser) return {};
  const { rows } = await connection.query<{ stored: string | null }>(
    "SELECT rolpassword AS stored FROM pg_authid WHERE rolname = $1",
    [str(properties.name)],
  );
  const stored = rows[0]?.stored ?? null;
  return { password: keepsPassword(stored, known) ? known : (stored ?? "") };
}

function newPassword(properties: Properties, changed: Changed): string[] {
  if (str(properties.passwordWo)) {
    return changed("passwordWoVersion") ? [passwordClause(str(properties.passwordWo))] : [];
  }
  // A password that is no longer given stays, as with the official plugin: NULL is the word that takes it away.
  // An MD5 hash of old contains the role's name.
  return str(properties.password) && (changed("password") || changed("name"))
    ? [passwordClause(str(properties.password))]
    : [];
}

async function grantRoles(connection: Connection, name: string, roles: readonly string[]): Promise<void> {
  if (roles.length > 0) await connection.query(`GRANT ${idents(roles)} TO ${ident(name)}`);
}

async function replaceRoles(
  server: PgServer,
  connection: Connection,
  name: string,
  wanted: readonly string[],
): Promise<void> {
  const { rows } = await connection.query<{ role: string; grantor: string }>(
    `SELECT pg_get_userbyid(roleid) AS role, pg_get_userbyid(grantor) AS grantor
       FROM pg_auth_members WHERE member = (SELECT oid FROM pg_roles WHERE rolname = $1)`,
    [name],
  );
  const { version } = await server.facts();
  for (const { role: held, grantor } of rows.filter((row) => !wanted.includes(row.role))) {
    // Since version 16 one role may have been granted by several others, each of which must take it back.
    const by = version >= 160_000 ? ` GRANTED BY ${ident(grantor)}` : "";
    await connection.query(`REVOKE ${ident(held)} FROM ${ident(name)}${by}`);
  }
  await grantRoles(
    connection,
    name,
    wanted.filter((candidate) => !rows.some((row) => row.role === candidate)),
  );
}

async function exists(connection: Connection, name: string): Promise<boolean> {
  const { rows } = await connection.query("SELECT FROM pg_roles WHERE rolname = $1", [name]);
  return rows.length > 0;
}

async function runAll(connection: Connection, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await connection.query(statement);
}
