// The objects that a grant is about, with what its role may do with each of them now.
import type { Properties } from "../../../plugin/values.ts";
import type { Connection } from "../../../provider/postgres/server.ts";
import { ident } from "../../../provider/postgres/sql.ts";
import { PUBLIC } from "./privileges.ts";
import { list, str } from "./resource.ts";

/** One object of a grant; for the object type `column` each column is one. */
export interface GrantObject {
  /** Name without schema; functions without their arguments. */
  readonly name: string;
  /** Name as a GRANT statement wants it. */
  readonly target: string;
  readonly owner: string;
  /** Privileges that the role has by a grant of its own. */
  readonly granted: readonly string[];
  /** Whether some, and whether all, of them may be passed on. */
  readonly someGrantable: boolean;
  readonly allGrantable: boolean;
}

/** How to find the objects of a type: keyword of the statement, and a query for name, target, owner and ACL. */
interface ObjectType {
  readonly keyword: string;
  readonly query: string;
}

// In each query $2 is the schema (for databases the database), $3 the list of wanted objects, null for all of them. An object without an ACL of its
// own has the built-in one, by which everybody may, for one, connect to a database.
const RELATION = (letter: string, kinds: string) => `
  SELECT relname AS name, format('%I.%I', nspname, relname) AS target, relowner AS owner,
         coalesce(relacl, acldefault('${letter}', relowner)) AS acl
    FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
   WHERE nspname = $2 AND relkind IN (${kinds}) AND ($3::text[] IS NULL OR relname = ANY($3))`;

const FUNCTION = (kinds: string) => `
  SELECT proname AS name, p.oid::regprocedure::text AS target, proowner AS owner,
         coalesce(proacl, acldefault('f', proowner)) AS acl
    FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
   WHERE nspname = $2 AND prokind IN (${kinds})
     AND ($3::text[] IS NULL OR quote_ident(nspname) || '.' || quote_ident(proname) = ANY($3)
          OR p.oid = ANY(ARRAY(SELECT to_regprocedure(wanted)::oid FROM unnest($3) wanted WHERE wanted LIKE '%(%')))`;

const TYPES: Readonly<Record<string, ObjectType>> = {
  table: { keyword: "TABLE", query: RELATION("r", "'r', 'p', 'v', 'm', 'f'") },
  sequence: { keyword: "SEQUENCE", query: RELATION("s", "'S'") },
  function: { keyword: "FUNCTION", query: FUNCTION("'f', 'a', 'w'") },
  procedure: { keyword: "PROCEDURE", query: FUNCTION("'p'") },
  routine: { keyword: "ROUTINE", query: FUNCTION("'f', 'a', 'w', 'p'") },
  schema: {
    keyword: "SCHEMA",
    query: `SELECT nspname AS name, quote_ident(nspname) AS target, nspowner AS owner,
                   coalesce(nspacl, acldefault('n', nspowner)) AS acl
              FROM pg_namespace WHERE nspname = $2 AND $3::text[] IS NULL`,
  },
  database: {
    keyword: "DATABASE",
    query: `SELECT datname AS name, quote_ident(datname) AS target, datdba AS owner,
                   coalesce(datacl, acldefault('d', datdba)) AS acl
              FROM pg_database WHERE datname = $2 AND $3::text[] IS NULL`,
  },
  foreign_data_wrapper: {
    keyword: "FOREIGN DATA WRAPPER",
    query: `SELECT fdwname AS name, quote_ident(fdwname) AS target, fdwowner AS owner,
                   coalesce(fdwacl, acldefault('F', fdwowner)) AS acl
              FROM pg_foreign_data_wrapper WHERE fdwname = ANY($3) AND $2::text IS NOT NULL`,
  },
  foreign_server: {
    keyword: "FOREIGN SERVER",
    query: `SELECT srvname AS name, quote_ident(srvname) AS target, srvowner AS owner,
                   coalesce(srvacl, acldefault('S', srvowner)) AS acl
              FROM pg_foreign_server WHERE srvname = ANY($3) AND $2::text IS NOT NULL`,
  },
  column: {
    keyword: "TABLE",
    query: `SELECT attname AS name, quote_ident(attname) AS target, relowner AS owner, attacl AS acl
              FROM pg_attribute JOIN pg_class c ON c.oid = attrelid JOIN pg_namespace n ON n.oid = relnamespace
             WHERE nspname = $2 AND relname = ($3::text[])[1] AND attnum > 0 AND NOT attisdropped`,
  },
};

/** Object types that can be granted on. */
export const OBJECT_TYPES: readonly string[] = Object.keys(TYPES);

/** Object types that stand for functions of some kind. */
const CALLABLE = ["function", "procedure", "routine"];

/** Finds the objects of a grant in the connection's database, locked against nobody. */
export async function findObjects(connection: Connection, properties: Properties): Promise<GrantObject[]> {
  const type = TYPES[str(properties.objectType)];
  if (!type) return [];
  const names = list(properties.objects);
  const wanted = CALLABLE.includes(str(properties.objectType))
    ? names.map((name) => callable(properties, name))
    : names;
  const { rows } = await connection.query<GrantObject>(
    `SELECT o.name::text, o.target, pg_get_userbyid(o.owner)::text AS owner,
            coalesce(array_agg(DISTINCT a.privilege_type) FILTER (WHERE a.privilege_type IS NOT NULL), '{}') AS granted,
            coalesce(bool_or(a.is_grantable), false) AS "someGrantable",
            coalesce(bool_and(a.is_grantable), false) AS "allGrantable"
       FROM (${type.query}) o
       LEFT JOIN LATERAL aclexplode(o.acl) a
              ON a.grantee = CASE WHEN $1 = '${PUBLIC}' THEN 0 ELSE (SELECT oid FROM pg_roles WHERE rolname = $1) END
      GROUP BY 1, 2, 3 ORDER BY 1, 2`,
    [
      str(properties.role),
      str(properties[properties.objectType === "database" ? "database" : "schema"]),
      wanted.length > 0 ? wanted : null,
    ],
  );
  if (properties.objectType !== "column") return rows;
  const columns = list(properties.columns);
  return rows.filter(({ name }) => columns.includes(name));
}

/** Names that the grant wants and that weren't found: tables, functions and so on, or columns. */
export function missingNames(properties: Properties, found: readonly GrantObject[]): string[] {
  const wanted = properties.objectType === "column" ? list(properties.columns) : list(properties.objects);
  const names = new Set(found.map(({ name }) => name));
  return wanted.filter((name) => !names.has(name) && !names.has(name.split("(", 1)[0] ?? name));
}

/** Says what isn't there to grant on. */
export function missingProblem(properties: Properties, missing: readonly string[]): string {
  const where = [str(properties.database), str(properties.schema)].filter((part) => part !== "").join(".");
  const typed = missing.some((name) => name.includes("("));
  const hint = typed ? ". Types other than Postgres' own need their schema: f(public.vector)" : "";
  return `can't grant: there is no ${str(properties.objectType)} ${missing.join(", ")} in ${where}${hint}`;
}

/** `GRANT` or `REVOKE` of privileges on some of the objects. */
export function privilegeStatement(
  verb: "GRANT" | "REVOKE",
  properties: Properties,
  privileges: readonly string[],
  objects: readonly GrantObject[],
): string {
  const keyword = TYPES[str(properties.objectType)]?.keyword ?? "";
  const targets = objects.map(({ target }) => target).join(", ");
  const isColumn = properties.objectType === "column";
  const table = `${ident(str(properties.schema))}.${ident(list(properties.objects)[0] ?? "")}`;
  const what = isColumn
    ? `${privileges.map((privilege) => `${privilege} (${targets})`).join(", ")} ON TABLE ${table}`
    : `${privileges.join(", ")} ON ${keyword} ${targets}`;
  const role = ident(str(properties.role));
  if (verb === "REVOKE") return `REVOKE ${what} FROM ${role}`;
  return `GRANT ${what} TO ${role}${properties.withGrantOption === true ? " WITH GRANT OPTION" : ""}`;
}

/** A function's name with schema, quoted, with its arguments as they were given if they were. */
function callable(properties: Properties, name: string): string {
  const paren = name.indexOf("(");
  const bare = paren < 0 ? name : name.slice(0, paren);
  const quote = (text: string) => (/^[a-z_][a-z0-9_$]*$/.test(text) ? text : ident(text));
  return `${quote(str(properties.schema))}.${quote(bare)}${paren < 0 ? "" : name.slice(paren)}`;
}
