// What a look asks a Postgres server: one JSON document per query, since names may hold whatever Postgres lets them.
import { literal } from "../../../provider/postgres/psql.ts";
import { READER } from "../../../provider/postgres/reader.ts";

/** Rights of a login that ours don't have, by column of pg_roles, as `ALTER ROLE` takes them away. */
export const RIGHTS: Readonly<Record<string, string>> = {
  rolsuper: "NOSUPERUSER",
  rolcreaterole: "NOCREATEROLE",
  rolcreatedb: "NOCREATEDB",
  rolreplication: "NOREPLICATION",
  rolbypassrls: "NOBYPASSRLS",
};

/** A login as the server has it. */
export type RoleFacts = Readonly<Record<string, unknown>> & {
  rolname: string;
  /** Grows with each that is made. */
  oid: number;
  /** Who made it: from Postgres 16 on a role that isn't a superuser administers the roles that it makes. */
  makers: string[] | null;
  /** Databases in which it owns something or was granted something. */
  holds: string[] | null;
  /** Its comment: on a shared server it tells whose it is. */
  mark: string;
};

/** A database as the server has it. */
export interface DatabaseFacts {
  name: string;
  oid: number;
  owner: string;
  mark: string;
}

/** What a server says of itself. */
export interface ServerFacts {
  roles: RoleFacts[];
  /** Member and group. */
  members: [string, string][] | null;
  databases: DatabaseFacts[];
  /** Database, role, settings. */
  settings: [string, string, string[]][] | null;
  /** Settings by ALTER SYSTEM, as `name=value`. Only a superuser may ask. */
  system: string[] | null;
  /** Methods in pg_hba.conf that let logins in without proof. Only a superuser may ask. */
  weak: string[] | null;
  /** What lets data out or fills the disk, one text each. Of a managed server its provider knows. */
  open?: string[] | null;
  /** Whether the login that reads applications' tables got a password, a right or a membership; null without one. */
  reader?: boolean | null;
}

/** What stands inside a database. */
export interface ContentFacts {
  extensions: string[] | null;
  /** Tables that every login may use: schema and name. */
  public: [schema: string, table: string][] | null;
  unmanaged: string[] | null;
  /** What lets a tenant out, one text each. */
  open?: string[] | null;
}

const FILES = `'system', (SELECT json_agg(DISTINCT name || '=' || coalesce(setting, '')) FROM pg_file_settings
    WHERE sourcefile LIKE '%/postgresql.auto.conf'),
  'weak', (SELECT json_agg(DISTINCT auth_method) FROM pg_hba_file_rules
    WHERE auth_method NOT IN ('scram-sha-256', 'peer', 'reject'))`;

/** Texts of several queries as one list. */
const texts = (queries: readonly string[]) =>
  `(SELECT json_agg(t.text ORDER BY t.text) FROM (${queries.join(" UNION ALL ")}) t (text))`;

/** Number of the catalog pg_parameter_acl, which servers before 15 don't have. */
const PARAMETER_ACL = 6243;

const SERVER_OPEN = texts([
  // Its log is kept until somebody reads it.
  "SELECT 'replication slot ' || slot_name || CASE WHEN active THEN '' ELSE ', which nobody reads' END FROM pg_replication_slots WHERE NOT temporary",
  "SELECT 'subscription ' || subname FROM pg_subscription",
  // It holds its locks, and every row that was deleted since.
  "SELECT 'prepared transaction ' || gid FROM pg_prepared_xacts",
  "SELECT 'tablespace ' || spcname FROM pg_tablespace WHERE spcname NOT IN ('pg_default', 'pg_global')",
  `SELECT DISTINCT 'right of ' || r.rolname || ' to set a parameter of the server' FROM pg_shdepend s
     JOIN pg_roles r ON r.oid = s.refobjid WHERE s.classid = ${PARAMETER_ACL} AND s.refclassid = 'pg_authid'::regclass`,
]);

/** Whether the login that reads applications' own tables is more than that. */
const READER_FACTS = `(SELECT r.rolpassword IS NOT NULL OR r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication
    OR r.rolbypassrls OR EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles o ON o.oid = m.member
      WHERE m.member = r.oid OR (m.roleid = r.oid AND NOT o.rolsuper))
  FROM pg_authid r WHERE r.rolname = ${literal(READER)})`;

/** Asks about the server; about its files only where a superuser asks. */
export function serverQuery(superuser: boolean): string {
  return `SELECT json_build_object(
  'roles', (SELECT json_agg(to_json(r)) FROM (SELECT rolname, ${Object.keys(RIGHTS).join(", ")}, oid::bigint AS oid,
    coalesce(shobj_description(oid, 'pg_authid'), '') AS mark,
    (SELECT json_agg(DISTINCT m.rolname) FROM pg_auth_members a JOIN pg_roles m ON m.oid = a.member
      WHERE a.roleid = o.oid AND a.admin_option) AS makers,
    (SELECT json_agg(DISTINCT d.datname) FROM pg_shdepend s JOIN pg_database d
      ON d.oid = CASE WHEN s.classid = 'pg_database'::regclass THEN s.objid ELSE s.dbid END
      WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = o.oid) AS holds
    FROM pg_roles o WHERE rolname !~ '^pg_' AND rolname <> ${literal(READER)}) r),
  'members', (SELECT json_agg(json_build_array(m.rolname, g.rolname)) FROM pg_auth_members a
    JOIN pg_roles g ON g.oid = a.roleid JOIN pg_roles m ON m.oid = a.member WHERE m.rolname !~ '^pg_' AND NOT m.rolsuper),
  'databases', (SELECT json_agg(json_build_object('name', datname, 'oid', oid::bigint, 'owner', pg_get_userbyid(datdba),
    'mark', coalesce(shobj_description(oid, 'pg_database'), ''))) FROM pg_database WHERE NOT datistemplate),
  'settings', (SELECT json_agg(json_build_array(coalesce(d.datname, ''), coalesce(r.rolname, ''), s.setconfig))
    FROM pg_db_role_setting s LEFT JOIN pg_database d ON d.oid = s.setdatabase LEFT JOIN pg_roles r ON r.oid = s.setrole)
  ${superuser ? `, ${FILES}, 'open', ${SERVER_OPEN}, 'reader', ${READER_FACTS}` : ""}
);`;
}

const OWN_SCHEMAS = `n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')`;

/** Members of extensions are their affair. */
const notOfExtension = (catalog: string, oid: string) =>
  `NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = '${catalog}'::regclass AND d.objid = ${oid} AND d.deptype = 'e')`;

const CONTENT_OPEN = texts([
  `SELECT 'function ' || n.nspname || '.' || p.proname || ', which runs with the rights of the superuser ' || r.rolname
     FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_roles r ON r.oid = p.proowner
     WHERE p.prosecdef AND r.rolsuper AND n.nspname NOT IN ('pg_catalog', 'information_schema')
       AND ${notOfExtension("pg_proc", "p.oid")}`,
  `SELECT 'function ' || n.nspname || '.' || p.proname || ' in the language ' || l.lanname || ', which has no limits'
     FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
     WHERE NOT l.lanpltrusted AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND ${notOfExtension("pg_proc", "p.oid")}`,
  `SELECT 'language ' || l.lanname || ', which has no limits' FROM pg_language l
     WHERE NOT l.lanpltrusted AND l.lanname NOT IN ('internal', 'c', 'sql')`,
  "SELECT 'publication ' || pubname || ' of all tables' FROM pg_publication WHERE puballtables",
  `SELECT 'event trigger ' || evtname FROM pg_event_trigger e WHERE ${notOfExtension("pg_event_trigger", "e.oid")}`,
  "SELECT 'foreign server ' || srvname FROM pg_foreign_server",
  `SELECT 'foreign data wrapper ' || fdwname FROM pg_foreign_data_wrapper w WHERE ${notOfExtension("pg_foreign_data_wrapper", "w.oid")}`,
]);

/**
 * Asks about a database from inside it; what extensions made is theirs.
 *
 * @param whole whether all that lets a tenant out is asked for: of a managed server its provider makes some of it
 */
export function contentQuery(database: string, whole = true): string {
  return `SELECT json_build_object(
  'extensions', (SELECT json_agg(extname) FROM pg_extension WHERE extname <> 'plpgsql'),
  'public', (SELECT json_agg(DISTINCT jsonb_build_array(n.nspname, c.relname)) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
    aclexplode(c.relacl) a WHERE a.grantee = 0 AND ${OWN_SCHEMAS}),
  'unmanaged', (SELECT json_agg(DISTINCT c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
    pg_database b WHERE b.datname = ${literal(database)} AND c.relowner <> b.datdba AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
    AND ${OWN_SCHEMAS})${whole ? `,\n  'open', ${CONTENT_OPEN}` : ""}
);`;
}
