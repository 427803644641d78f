// What a look asks a Postgres server: one JSON document per query, since names may hold whatever Postgres lets them.
import { literal } from "../../provider/psql.ts";

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
  /** Settings by ALTER SYSTEM. Only a superuser may ask. */
  system: string[] | null;
  /** Methods in pg_hba.conf that let logins in without proof. Only a superuser may ask. */
  weak: string[] | null;
}

/** What stands inside a database. */
export interface ContentFacts {
  extensions: string[] | null;
  public: string[] | null;
  strange: string[] | null;
}

const FILES = `'system', (SELECT json_agg(DISTINCT name) FROM pg_file_settings
    WHERE sourcefile LIKE '%/postgresql.auto.conf'),
  'weak', (SELECT json_agg(DISTINCT auth_method) FROM pg_hba_file_rules
    WHERE auth_method NOT IN ('scram-sha-256', 'peer', 'reject'))`;

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
    FROM pg_roles o WHERE rolname !~ '^pg_') r),
  'members', (SELECT json_agg(json_build_array(m.rolname, g.rolname)) FROM pg_auth_members a
    JOIN pg_roles g ON g.oid = a.roleid JOIN pg_roles m ON m.oid = a.member WHERE m.rolname !~ '^pg_' AND NOT m.rolsuper),
  'databases', (SELECT json_agg(json_build_object('name', datname, 'oid', oid::bigint, 'owner', pg_get_userbyid(datdba),
    'mark', coalesce(shobj_description(oid, 'pg_database'), ''))) FROM pg_database WHERE NOT datistemplate),
  'settings', (SELECT json_agg(json_build_array(coalesce(d.datname, ''), coalesce(r.rolname, ''), s.setconfig))
    FROM pg_db_role_setting s LEFT JOIN pg_database d ON d.oid = s.setdatabase LEFT JOIN pg_roles r ON r.oid = s.setrole)
  ${superuser ? `, ${FILES}` : ""}
);`;
}

const OWN_SCHEMAS = `n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')`;

/** Asks about a database from inside it; what extensions made is theirs. */
export function contentQuery(database: string): string {
  return `SELECT json_build_object(
  'extensions', (SELECT json_agg(extname) FROM pg_extension WHERE extname <> 'plpgsql'),
  'public', (SELECT json_agg(DISTINCT c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
    aclexplode(c.relacl) a WHERE a.grantee = 0 AND ${OWN_SCHEMAS}),
  'strange', (SELECT json_agg(DISTINCT c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
    pg_database b WHERE b.datname = ${literal(database)} AND c.relowner <> b.datdba AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
    AND ${OWN_SCHEMAS})
);`;
}
