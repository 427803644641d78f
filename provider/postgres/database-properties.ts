// What belongs to a database and not to what is in it, for the one that takes its place: what Tandem itself sets goes over,
// written anew from names and numbers; of the rest, which its owner or any login may have written, people are told.
import type Docker from "dockerode";
import { identifier, literal, psqlJson } from "./psql.ts";
import type { DumpedDatabase } from "./restore-point.ts";

/** What the server says of a database. */
export interface DatabaseProperties {
  owner: string;
  /** Whether the owner is a superuser: then whatever runs with the owner's rights would be one. */
  superuser: boolean;
  encoding: string;
  collate: string;
  ctype: string;
  comment: string;
  /** Rights of others than the owner; a null role is everybody. */
  grants: { role: string | null; privilege: string; grantable: boolean; superuser: boolean }[];
  /** Settings: whose, null for everybody's, and the names of the variables. */
  settings: { role: string | null; names: string[] }[];
  /** Extensions with their schemas, each after those that it needs. */
  extensions: { name: string; schema: string }[];
}

const rights = `(SELECT coalesce(json_agg(json_build_object('role', r.rolname, 'privilege', a.privilege_type,
    'grantable', a.is_grantable, 'superuser', coalesce(r.rolsuper, false))), '[]')
  FROM aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a LEFT JOIN pg_roles r ON r.oid = a.grantee
  WHERE a.grantee <> d.datdba)`;

const settings = `(SELECT coalesce(json_agg(json_build_object('role', r.rolname, 'names',
    (SELECT json_agg(split_part(c, '=', 1)) FROM unnest(s.setconfig) c))), '[]')
  FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole WHERE s.setdatabase = d.oid)`;

/** Reads them. @throws where there is no such database */
export async function propertiesOf(
  docker: Docker,
  { containerId, name }: DumpedDatabase,
): Promise<DatabaseProperties> {
  const sql = `SELECT json_build_object('owner', o.rolname, 'superuser', o.rolsuper,
      'encoding', pg_encoding_to_char(d.encoding), 'collate', d.datcollate, 'ctype', d.datctype,
      'comment', coalesce(shobj_description(d.oid, 'pg_database'), ''), 'grants', ${rights}, 'settings', ${settings},
      'extensions', (SELECT coalesce(json_agg(json_build_object('name', e.extname, 'schema', n.nspname) ORDER BY e.oid), '[]')
        FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname <> 'plpgsql'))
    FROM pg_database d JOIN pg_roles o ON o.oid = d.datdba WHERE d.datname = ${literal(name)};`;
  const found = await psqlJson<DatabaseProperties>(docker, containerId, sql, { database: name });
  if (found === undefined) throw new Error(`the server has no database ${name}`);
  return found;
}

/** Rights on a database that Tandem gives, as it gives them. */
const GIVEN = ["CONNECT", "TEMPORARY"];

/** Statements that give a database what Tandem set on the one before it. */
export function carriedOver({ grants, comment }: DatabaseProperties, to: string): string {
  const target = identifier(to);
  const given = grants.filter(({ role, privilege }) => role !== null && GIVEN.includes(privilege));
  return [
    // Nobody comes in before it is in place.
    `ALTER DATABASE ${target} CONNECTION LIMIT 0;`,
    `REVOKE ALL ON DATABASE ${target} FROM PUBLIC;`,
    ...given.map(
      ({ role, privilege }) => `GRANT ${privilege} ON DATABASE ${target} TO ${identifier(role ?? "")};`,
    ),
    ...(comment !== "" ? [`COMMENT ON DATABASE ${target} IS ${literal(comment)};`] : []),
  ].join("\n");
}

/** What doesn't go over: one line each, for people. */
export function leftBehind({ grants, settings: all }: DatabaseProperties): string[] {
  const whose = (role: string | null) => role ?? "everybody";
  return [
    ...grants
      .filter(({ role, privilege, grantable }) => role === null || !GIVEN.includes(privilege) || grantable)
      .map(
        ({ role, privilege, grantable }) =>
          `the right ${privilege}${grantable ? " with grant option" : ""} of ${whose(role)} on the database`,
      ),
    ...all.map(({ role, names }) => `settings of ${whose(role)} in the database: ${names.join(", ")}`),
  ];
}
