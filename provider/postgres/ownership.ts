// Whose a database or role on a shared Postgres server is: a record in the maintenance database that only the server's
// superuser reaches. A comment wouldn't do, since whoever owns a thing writes its comment; a name wouldn't, since it can be
// taken in advance. The record goes by object number, which is never the same for a thing of the same name.
import type Docker from "dockerode";
import { literal, psql, psqlJson } from "./psql.ts";

/** What has an owner. */
export type OwnedKind = "role" | "database";

/** What the server has under a name. */
export interface Owned {
  /** `system/environment`, as an administrator wrote it down; null where nobody did. */
  tenant: string | null;
  /** Environments whose administrators have power over it, or over its owner; null for one of nobody known. */
  holders: (string | null)[];
}

const TABLE = "tandem.ownership";
/** How a thing was marked before there was a record, and still is for people. */
const MARK = "tandem ";

/** Roles without superuser's rights that administer a role: the server itself writes down who made one. */
const administers = (role: string) =>
  `SELECT a.member FROM pg_auth_members a JOIN pg_roles m ON m.oid = a.member
    WHERE a.roleid = ${role} AND a.admin_option AND NOT m.rolsuper`;

/**
 * Makes the record. Things that older versions marked by a comment are taken in this once: roles that a superuser made,
 * which no tenant can imitate, and databases whose owner no other environment's administrator made.
 */
const MAKE = `BEGIN;
SELECT FROM pg_advisory_xact_lock(hashtext('${TABLE}'));
CREATE SCHEMA IF NOT EXISTS tandem;
REVOKE ALL ON SCHEMA tandem FROM PUBLIC;
CREATE TABLE IF NOT EXISTS ${TABLE}
  (kind text NOT NULL, object oid NOT NULL, tenant text NOT NULL, PRIMARY KEY (kind, object));
INSERT INTO ${TABLE} SELECT 'role', r.oid, substr(c.description, ${MARK.length + 1})
  FROM pg_roles r JOIN pg_shdescription c ON c.objoid = r.oid AND c.classoid = 'pg_authid'::regclass
  WHERE c.description LIKE '${MARK}%' AND NOT EXISTS (${administers("r.oid")})
    AND NOT EXISTS (SELECT FROM ${TABLE});
INSERT INTO ${TABLE} SELECT 'database', d.oid, substr(c.description, ${MARK.length + 1})
  FROM pg_database d JOIN pg_shdescription c ON c.objoid = d.oid AND c.classoid = 'pg_database'::regclass
  WHERE c.description LIKE '${MARK}%' AND NOT EXISTS (SELECT FROM ${TABLE} WHERE kind = 'database')
    AND NOT EXISTS (SELECT FROM ${TABLE} o WHERE o.kind = 'role' AND o.tenant <> substr(c.description, ${MARK.length + 1})
      AND (o.object = d.datdba OR o.object IN (${administers("d.datdba")})));
COMMIT;`;

/** Whether there is a record: a server of one environment's own has none. */
async function isKept(docker: Docker, container: string): Promise<boolean> {
  return (await psql(docker, container, `SELECT to_regclass(${literal(TABLE)}) IS NOT NULL;`)) === "t";
}

/** Makes the record where there is none yet. */
async function ensure(docker: Docker, container: string): Promise<void> {
  if (!(await isKept(docker, container))) await psql(docker, container, MAKE);
}

/** Statement that gives what is written down of one database to another one; none where there is no record. */
export async function moveStatement(
  docker: Docker,
  container: string,
  from: string,
  to: string,
): Promise<string> {
  if (!(await isKept(docker, container))) return "";
  const number = (name: string) => `(SELECT oid FROM pg_database WHERE datname = ${literal(name)})`;
  return `UPDATE ${TABLE} SET object = ${number(to)} WHERE kind = 'database' AND object = ${number(from)};`;
}

function catalogOf(kind: OwnedKind): { catalog: string; name: string; owner: string } {
  return kind === "role"
    ? { catalog: "pg_authid", name: "rolname", owner: "t.oid" }
    : { catalog: "pg_database", name: "datname", owner: "t.datdba" };
}

/** What the server has under a name; undefined where there is nothing. */
export async function owned(
  docker: Docker,
  container: string,
  kind: OwnedKind,
  name: string,
): Promise<Owned | undefined> {
  await ensure(docker, container);
  const { catalog, name: column, owner } = catalogOf(kind);
  const sql = `SELECT json_build_object(
    'tenant', (SELECT o.tenant FROM ${TABLE} o WHERE o.kind = ${literal(kind)} AND o.object = t.oid),
    'holders', (SELECT coalesce(json_agg(DISTINCT o.tenant), '[]') FROM (${administers(owner)}) a
      LEFT JOIN ${TABLE} o ON o.kind = 'role' AND o.object = a.member))
    FROM ${catalog} t WHERE t.${column} = ${literal(name)};`;
  return await psqlJson<Owned>(docker, container, sql);
}

/** Statement that writes down whose a thing is, to run where and when it is made. */
export function recordStatement(kind: OwnedKind, name: string, tenant: string): string {
  const { catalog, name: column } = catalogOf(kind);
  return `INSERT INTO ${TABLE} SELECT ${literal(kind)}, t.oid, ${literal(tenant)} FROM ${catalog} t
    WHERE t.${column} = ${literal(name)} ON CONFLICT (kind, object) DO UPDATE SET tenant = excluded.tenant;`;
}

/**
 * Refuses what belongs to somebody else.
 *
 * @param adopt whether a thing without a record may be taken where nobody else has power over it: a role that an
 *   environment's administrator made, who is gone
 * @returns whether there is such a thing
 * @throws Error that names the owner; nothing was changed
 */
export async function refuseForeign(
  docker: Docker,
  container: string,
  { kind, name, tenant, adopt = false }: { kind: OwnedKind; name: string; tenant: string; adopt?: boolean },
): Promise<boolean> {
  const found = await owned(docker, container, kind, name);
  if (found === undefined) return false;
  const foreign = found.holders.find((holder) => holder !== tenant);
  // A run may have ended before it wrote down what its own administrator had made.
  const unwritten = found.tenant === null && (adopt || found.holders.length > 0);
  if (foreign === undefined && (found.tenant === tenant || unwritten)) return true;
  const whose = (found.tenant === tenant ? undefined : found.tenant) ?? foreign ?? "somebody else";
  throw new Error(
    `The ${kind} '${name}' on ${container} belongs to ${whose}, not to ${tenant}. Give this environment's database ` +
      "another name; nothing was changed.",
  );
}
