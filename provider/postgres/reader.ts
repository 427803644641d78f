// The login that reads an application's own tables: it may read what it was given, and nothing else in the whole server.
// A table of a tenant's may be a view with a function behind it; what runs then has this login's rights and no more.
//
// It has no password, so no network lets it in. Peer authentication lets the system user of the same name in, which every
// image has and which runs nothing else: only who may `docker exec` on the server becomes it.
import type Docker from "dockerode";
import { identifier, literal, psql, psqlAs, psqlJson } from "./psql.ts";

/** Name of the login, and of the system user. */
export const READER = "nobody";
/** A look at a table must not take long, whatever was made of it. Seconds. */
const LIMITS = { lockSeconds: 5, statementSeconds: 20 };

/** A column of a tenant's table. */
export interface ReadColumn {
  containerId: string;
  database: string;
  schema: string;
  table: string;
  column: string;
}

/** What the administrator sees of login and table, in the catalog alone. */
interface Facts {
  reader: { harmless: boolean; password: boolean; held: boolean } | null;
  /** `r` is a table with rows of its own. */
  kind: string | null;
}

/** Ways in which the login could be more than it must be: a right, a password, somebody who has power over it or whom it joined. */
const READER_FACTS = `SELECT json_build_object(
    'harmless', NOT (r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication OR r.rolbypassrls),
    'password', r.rolpassword IS NOT NULL,
    'held', EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles o ON o.oid = m.member
      WHERE m.member = r.oid OR (m.roleid = r.oid AND NOT o.rolsuper)))
  FROM pg_authid r WHERE r.rolname = ${literal(READER)}`;

function facts({ schema, table }: ReadColumn): string {
  return `SELECT json_build_object('reader', (${READER_FACTS}),
    'kind', (SELECT c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = ${literal(schema)} AND c.relname = ${literal(table)}));`;
}

/** Lets the login read the column. Granting evaluates nothing of the table. */
function grants({ database, schema, table, column }: ReadColumn): string {
  const [reader, there] = [identifier(READER), `${identifier(schema)}.${identifier(table)}`];
  return `GRANT CONNECT ON DATABASE ${identifier(database)} TO ${reader};
GRANT USAGE ON SCHEMA ${identifier(schema)} TO ${reader};
GRANT SELECT (${identifier(column)}) ON TABLE ${there} TO ${reader};`;
}

const CREATE = `CREATE ROLE ${identifier(READER)} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS
  PASSWORD NULL CONNECTION LIMIT 10;`;

async function read(docker: Docker, at: ReadColumn): Promise<string[]> {
  // A copy of a table goes without the planner, and is refused for a view.
  const sql = `COPY ${identifier(at.schema)}.${identifier(at.table)} (${identifier(at.column)}) TO STDOUT;`;
  const login = { username: READER, database: at.database, limits: LIMITS };
  const rows = await psqlAs(docker, at.containerId, login, sql);
  return rows.split("\n").filter((row) => row !== "");
}

/**
 * The values of a column of a tenant's table, as a login that can do nothing else.
 *
 * @param prepare may the login be made, and be let read the column? A preview changes nothing on a server.
 * @returns undefined where there is no such table
 * @throws where what has that name isn't a table, can't be read, or the login is no longer harmless
 */
export async function readColumn(
  docker: Docker,
  at: ReadColumn,
  { prepare }: { prepare: boolean },
): Promise<string[] | undefined> {
  try {
    return await read(docker, at);
  } catch {
    // The first time, or after the table was made anew.
  }
  const { containerId, database } = at;
  const seen = await psqlJson<Facts>(docker, containerId, facts(at), { database });
  if (seen?.kind === null) return undefined;
  if (seen?.kind !== "r") throw new Error(`${at.schema}.${at.table} in ${database} is no plain table`);
  const { reader } = seen;
  if (reader !== null && (!reader.harmless || reader.password || reader.held)) {
    throw new Error(
      `the login '${READER}' of ${containerId} has a password, rights or memberships: drop it, and it is made anew`,
    );
  }
  if (!prepare)
    throw new Error(`the login '${READER}' may not read ${at.schema}.${at.table} in ${database} yet`);
  await psql(docker, containerId, `${reader === null ? CREATE : ""}\n${grants(at)}`, { database });
  return read(docker, at);
}
