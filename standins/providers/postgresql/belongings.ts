// What becomes of a removed role's belongings: they go to the owner of the database that they lie in, and nothing that
// holds code goes to an administrator, who would run it.
import { databaseOwner, withMembership } from "../../../provider/postgres/membership.ts";
import type { Connection, PgServer } from "../../../provider/postgres/server.ts";
import { ident } from "../../../provider/postgres/sql.ts";

/** How many belongings a refusal names. */
const NAMED = 5;

/** Kinds of belongings without any code, and how one is given to somebody else. */
const WITHOUT_CODE: Readonly<Record<string, string>> = { schema: "SCHEMA", sequence: "SEQUENCE" };

/** One thing that a role owns in a database. */
interface Belonging {
  /** As the server names kinds of objects: table, function, schema. */
  type: string;
  /** Quoted, with its schema. */
  name: string;
}

/**
 * Gives away what the role owns, in every database, and takes back what was granted to it. A database or tablespace of
 * its own goes to our login. In a database, everything goes to the database's owner; where that is an administrator (a
 * superuser, or our login), only what holds no code does.
 *
 * @throws Error where something with code would become an administrator's; another database's belongings may be given
 *   away by then, which does no harm
 */
export async function giveAwayBelongings(server: PgServer, role: string): Promise<void> {
  const { user } = await server.facts();
  const { own, others, owned } = await server.connected(undefined, (connection) =>
    placesOf(connection, role),
  );
  for (const database of own) await giveAwayIn(server, role, database);
  // Before the rest: REASSIGN OWNED gives away databases as well, to the owner of the database where it runs.
  await server.change(undefined, (connection) =>
    withMembership(server, connection, [role], async () => {
      for (const place of owned) await connection.query(`ALTER ${place} OWNER TO ${ident(user)}`);
    }),
  );
  for (const database of others) await giveAwayIn(server, role, database);
  await server.change(undefined, (connection) => dropOwned(server, connection, role));
}

/** Where the role owns something or was granted something: its own databases, others; and what it owns outside of them. */
async function placesOf(
  connection: Connection,
  role: string,
): Promise<{ own: string[]; others: string[]; owned: string[] }> {
  const inDatabases = (whose: string) =>
    `ARRAY(SELECT DISTINCT datname::text FROM pg_shdepend JOIN pg_database d ON d.oid = dbid AND datallowconn
            WHERE refclassid = 'pg_authid'::regclass AND refobjid = r.oid AND ${whose})`;
  const { rows } = await connection.query<{ own: string[]; others: string[]; owned: string[] }>(
    `SELECT ${inDatabases("datdba = r.oid")} AS own, ${inDatabases("datdba <> r.oid")} AS others,
            ARRAY(SELECT format('DATABASE %I', datname) FROM pg_database WHERE datdba = r.oid
                  UNION ALL SELECT format('TABLESPACE %I', spcname) FROM pg_tablespace WHERE spcowner = r.oid) AS owned
       FROM pg_roles r WHERE rolname = $1`,
    [role],
  );
  return rows[0] ?? { own: [], others: [], owned: [] };
}

async function giveAwayIn(server: PgServer, role: string, database: string): Promise<void> {
  const { user } = await server.facts();
  await server.change(database, async (connection) => {
    const owners = await databaseOwner(connection, database);
    const [heir = user] = owners.filter((owner) => owner !== role);
    await withMembership(server, connection, [role, ...owners], async () => {
      if (heir === user || (await isSuperuser(connection, heir))) {
        await giveToAdministrator(connection, role, database, heir);
      } else {
        await connection.query(`REASSIGN OWNED BY ${ident(role)} TO ${ident(heir)}`);
      }
      await connection.query(`DROP OWNED BY ${ident(role)}`);
    });
  });
}

async function dropOwned(server: PgServer, connection: Connection, role: string): Promise<void> {
  await withMembership(server, connection, [role], () =>
    connection.query(`DROP OWNED BY ${ident(role)}`).then(() => undefined),
  );
}

/**
 * Gives schemas and sequences one by one. A function, a view, or a table with its defaults, indexes and triggers would
 * run with an administrator's rights, some of them without anybody's doing. What the role makes in the same moment goes
 * with it.
 */
async function giveToAdministrator(
  connection: Connection,
  role: string,
  database: string,
  heir: string,
): Promise<void> {
  const belongings = await belongingsOf(connection, role);
  const withCode = belongings.filter(({ type }) => !(type in WITHOUT_CODE));
  if (withCode.length > 0) {
    const named = withCode.slice(0, NAMED).map(({ type, name }) => `${type} ${name}`);
    const more = withCode.length > NAMED ? ` and ${withCode.length - NAMED} more` : "";
    throw new Error(
      `the role ${role} owns ${named.join(", ")}${more} in the database ${database}, which would become those of the ` +
        `administrator ${heir} and run with all its rights. In that database, give them to another role (REASSIGN OWNED BY ` +
        `${ident(role)} TO <role>) or drop them (DROP OWNED BY ${ident(role)}), then delete the role again.`,
    );
  }
  for (const { type, name } of belongings) {
    await connection.query(`ALTER ${WITHOUT_CODE[type]} ${name} OWNER TO ${ident(heir)}`);
  }
}

/** What the role owns in the connection's database, without what DROP OWNED takes away in any case. */
async function belongingsOf(connection: Connection, role: string): Promise<Belonging[]> {
  const { rows } = await connection.query<Belonging>(
    `SELECT o.type, o.identity AS name
       FROM pg_shdepend s, pg_identify_object(s.classid, s.objid, s.objsubid) o
      WHERE s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND s.deptype = 'o'
        AND s.refclassid = 'pg_authid'::regclass AND s.refobjid = (SELECT oid FROM pg_roles WHERE rolname = $1)
        AND s.classid NOT IN ('pg_default_acl'::regclass, 'pg_user_mapping'::regclass)
      ORDER BY 1, 2`,
    [role],
  );
  return rows;
}

async function isSuperuser(connection: Connection, role: string): Promise<boolean> {
  const { rows } = await connection.query("SELECT FROM pg_roles WHERE rolname = $1 AND rolsuper", [role]);
  return rows.length > 0;
}
