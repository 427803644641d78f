// The login that a restore runs as: made for the run, no superuser, a member of the database's owner and of nothing else.
// Rows go through whatever a tenant wrote into its tables' checks, domains, defaults and generated columns: what runs there
// has the tenant's own rights.
import { createHash, randomBytes } from "node:crypto";
import type Docker from "dockerode";
import { scramVerifier } from "../../lib/scram.ts";
import { identifier, literal, type PlainLogin, psql } from "./psql.ts";

/** Longest time that a restore may take. Seconds. */
export const RESTORE_SECONDS = 6 * 3600;

/** Beginning of the names of the logins that restores of a database make; the names of databases may be as long as a login's. */
function prefixOf(database: string): string {
  return `tandem_restore_${createHash("sha256").update(database).digest("hex").slice(0, 16)}_`;
}

/** Takes everything from logins of that kind and removes them. What they made in the databases goes to the owner. */
async function remove(
  docker: Docker,
  container: string,
  prefix: string,
  owner: string,
  databases: readonly string[],
): Promise<void> {
  const names = async (among: string, sql: string) =>
    (await psql(docker, container, sql)).split("\n").filter((name) => name.startsWith(among));
  const logins = await names(
    prefix,
    `SELECT rolname FROM pg_roles WHERE starts_with(rolname, ${literal(prefix)});`,
  );
  if (logins.length === 0) return;
  const there = (
    await psql(
      docker,
      container,
      `SELECT to_json(datname) FROM pg_database WHERE datname IN (${databases.map(literal).join(", ")});`,
    )
  )
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as string);
  for (const login of logins) {
    // First nobody can be it any more; then what is left of it can't come back.
    await psql(
      docker,
      container,
      `ALTER ROLE ${identifier(login)} NOLOGIN;
REVOKE ${identifier(owner)} FROM ${identifier(login)};
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ${literal(login)};`,
    );
    for (const database of there) {
      const sql = `REASSIGN OWNED BY ${identifier(login)} TO ${identifier(owner)};\nDROP OWNED BY ${identifier(login)};`;
      await psql(docker, container, sql, { database });
    }
    await psql(docker, container, `DROP ROLE ${identifier(login)};`);
  }
}

/**
 * Runs `work` with such a login, which is gone afterwards. One that a killed run left is removed first.
 *
 * @param database the database that is restored; `beside` is the one in which its rows arrive
 */
export async function withRestoreLogin<T>(
  docker: Docker,
  { container, owner, database, beside }: Record<"container" | "owner" | "database" | "beside", string>,
  work: (login: PlainLogin) => Promise<T>,
): Promise<T> {
  const prefix = prefixOf(database);
  const clear = () => remove(docker, container, prefix, owner, [database, beside]);
  await clear();
  const username = prefix + randomBytes(4).toString("hex");
  const password = randomBytes(24).toString("hex");
  const until = new Date(Date.now() + RESTORE_SECONDS * 1000).toISOString();
  await psql(
    docker,
    container,
    `CREATE ROLE ${identifier(username)} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS INHERIT
  PASSWORD ${literal(scramVerifier(password))} VALID UNTIL ${literal(until)} CONNECTION LIMIT 2;
GRANT ${identifier(owner)} TO ${identifier(username)};`,
  );
  try {
    return await work({
      username,
      password,
      database: beside,
      limits: { statementSeconds: RESTORE_SECONDS },
    });
  } finally {
    await clear();
  }
}
