// What an environment's Postgres server says of its logins, databases, extensions and rights, and its gateway of passwords.
import { dockerOk } from "./docker-cli.ts";

/** Facts by what they are about, such as `login NAME` or `extension NAME`; rights are `grants of OBJECT`. */
export type ServerFacts = Record<string, string>;

/**
 * The administrator is given his password, the same one, whenever the server's container is a new one: what Postgres keeps
 * of it has a new salt then.
 */
const OF_SERVER = `
SELECT format('login %s', rolname), md5(row_to_json(a)::text)
  FROM (SELECT oid, rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls,
    rolconnlimit, rolvaliduntil, CASE rolname WHEN 'postgres' THEN '' ELSE rolpassword END FROM pg_authid) a
  WHERE rolname !~ '^pg_';
SELECT format('database %s', datname), md5(row_to_json(d)::text)
  FROM (SELECT datname, datdba, encoding, datconnlimit, datallowconn FROM pg_database) d;
SELECT format('grants of database %s', datname), datacl FROM pg_database;
SELECT format('grants of role %s to %s', roleid, member), row_to_json(m) FROM pg_auth_members m;
`;
const OF_DATABASE = `
SELECT format('extension %s', extname), extversion FROM pg_extension;
SELECT format('grants of schema %s', nspname), nspacl FROM pg_namespace WHERE nspname !~ '^pg_(toast|temp)';
SELECT format('grants of future %s by %s', defaclobjtype, defaclrole), defaclacl FROM pg_default_acl;
SELECT format('grants of relation %s', c.oid::regclass), relacl FROM pg_class c
  JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'public' AND relkind IN ('r', 'S', 'v');
`;

async function ask(container: string, database: string, sql: string): Promise<ServerFacts> {
  const flags = ["-qXAt", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-U", "postgres", database];
  const output = await dockerOk(["exec", "-i", container, "psql", ...flags], sql);
  const rows = output.split("\n").filter((line) => line !== "");
  return Object.fromEntries(rows.map((line) => line.split("\t", 2) as [string, string]));
}

/** Asks the server itself, as its administrator inside the container, about all its databases that take connections. */
export async function serverFacts(container: string): Promise<ServerFacts> {
  const facts = await ask(container, "postgres", OF_SERVER);
  const open = "SELECT datname, 'open' FROM pg_database WHERE datallowconn AND NOT datistemplate;";
  for (const name of Object.keys(await ask(container, "postgres", open))) {
    const own = await ask(container, name, OF_DATABASE);
    for (const [key, value] of Object.entries(own)) facts[`${key}\t${name}`] = value;
  }
  return facts;
}

/** What is new, other or gone between two looks: each login, extension and database by name, all rights as `grants`. */
export function changedFacts(before: ServerFacts, after: ServerFacts): string[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const changed = keys.filter((key) => before[key] !== after[key]);
  const words = changed.map((key) => (key.startsWith("grants ") ? "grants" : (key.split("\t")[0] ?? key)));
  return [...new Set(words)].sort();
}

/** The password hashes that a gateway asks for. */
export async function gatewayHashes(container: string): Promise<string> {
  const search = ["grep", "-rhoE", "\\$2[aby]\\$[0-9]+\\$[./A-Za-z0-9]{53}", "/config"];
  // grep ends with 1 where it finds none.
  return await dockerOk(["exec", container, "sh", "-c", '"$@" | sort -u', "sh", ...search]);
}
