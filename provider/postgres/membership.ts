// Lets a login that is no superuser work on what other roles own, by becoming their member for the time.
import type { Connection, PgServer, ServerFacts } from "./server.ts";
import { ident } from "./sql.ts";

/** First version in which membership, inheritance and SET ROLE are granted one by one. */
const SEPARATE_OPTIONS = 160_000;

/**
 * Runs `work` with the powers of the roles. Unless the login is a superuser or has them anyway, it is made a member
 * before and stops being one afterwards. A superuser role can't be lent: it is left out, and the server decides.
 */
export async function withMembership<T>(
  server: PgServer,
  connection: Connection,
  roles: readonly string[],
  work: () => Promise<T>,
): Promise<T> {
  const { isSuperuser, user, version } = await server.facts();
  if (isSuperuser || roles.length === 0) return work();
  return server.lending(() => borrow(connection, roles, { user, version }, work));
}

async function borrow<T>(
  connection: Connection,
  roles: readonly string[],
  { user, version }: Pick<ServerFacts, "user" | "version">,
  work: () => Promise<T>,
): Promise<T> {
  const separate = version >= SEPARATE_OPTIONS;
  const { rows } = await connection.query<{ role: string }>(
    `SELECT rolname AS role FROM pg_roles
      WHERE rolname = ANY($1) AND rolname <> current_user AND NOT rolsuper
        AND NOT (pg_has_role(current_user, oid, 'USAGE') ${separate ? "AND pg_has_role(current_user, oid, 'SET')" : ""})`,
    [roles],
  );
  const options = separate ? " WITH INHERIT TRUE, SET TRUE" : "";
  for (const { role } of rows) await connection.query(`GRANT ${ident(role)} TO ${ident(user)}${options}`);
  try {
    return await work();
  } finally {
    for (const { role } of rows) await giveBack(connection, role, user);
  }
}

/** Within a failed transaction nothing more can be said, and its end takes the membership back by itself. */
async function giveBack(connection: Connection, role: string, user: string): Promise<void> {
  try {
    await connection.query(`REVOKE ${ident(role)} FROM ${ident(user)}`);
  } catch (error) {
    const code = (error as { code?: string }).code;
    // 25P02: the transaction has failed already; 42704: the role is gone.
    if (code !== "25P02" && code !== "42704") throw error;
  }
}

/** Owner of a database; `pg_database_owner` and other stand-ins are resolved by `ownersIn`. */
export async function databaseOwner(connection: Connection, database: string): Promise<string[]> {
  const { rows } = await connection.query<{ owner: string }>(
    "SELECT pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = $1",
    [database],
  );
  return rows.map(({ owner }) => owner);
}

/** The roles, with the real owner of the connection's database in place of `pg_database_owner`. */
export async function resolveOwners(connection: Connection, owners: readonly string[]): Promise<string[]> {
  const unique = [...new Set(owners)];
  if (!unique.includes("pg_database_owner")) return unique;
  const { rows } = await connection.query<{ owner: string }>(
    "SELECT pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = current_database()",
  );
  return [...unique.filter((owner) => owner !== "pg_database_owner"), ...rows.map(({ owner }) => owner)];
}
