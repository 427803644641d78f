// A hostile read-only login: it owns nothing, and yet leaves what an administrator's command may stumble over.
import type { Site } from "./site.ts";
import type { Trap } from "./trap.ts";

const script = (kind: string, sql: (site: Site) => string, answer?: RegExp): Trap => ({
  kind,
  plant: (site) => site.as("readonly", sql(site)),
  ...(answer === undefined ? {} : { answer }),
});

/**
 * Postgres takes nearly any text for an entry of a search path, and `FROM CURRENT` keeps it as it was written, unquoted:
 * whoever makes a statement of it makes the login's statement.
 */
function storedPath(kind: string, text: (site: Site) => string): Trap {
  return script(
    kind,
    (site) => `SELECT set_config('search_path', '${text(site).replaceAll("'", "''")}', false);
    ALTER ROLE ${site.login("readonly")} IN DATABASE ${site.database} SET search_path FROM CURRENT;
    RESET search_path;`,
  );
}

const setting = (kind: string, text: string): Trap =>
  script(kind, (site) => `ALTER ROLE ${site.login("readonly")} SET ${text};`);

const REFUSED = /refused: .*(denied|must be|only|disabled|parameter|superuser)/i;

/** What it leaves behind. */
const LEFT: Trap[] = [
  storedPath(
    "a stored search path with SQL",
    (site) => `x;ALTER/**/ROLE/**/${site.login("readonly")}/**/SUPERUSER;--`,
  ),
  storedPath("a stored search path with psql's command", (site) => `x;,\n\\!\\touch\${IFS}${site.file}`),
  storedPath(
    "a stored search path with both",
    (site) =>
      `x;\\!\\touch\${IFS}${site.file},\nx;ALTER/**/ROLE/**/${site.login("readonly")}/**/SUPERUSER;SELECT/**/1`,
  ),
  setting("settings that make text look otherwise", "datestyle = 'SQL, DMY'"),
  setting("strings with backslashes", "standard_conforming_strings = off"),
  setting(
    "a name for its sessions with escapes",
    `application_name = 'x${String.fromCharCode(27)}[2J''; DROP'`,
  ),
  script("a large object", () => "SELECT lo_from_bytea(0, decode(repeat('41', 100000), 'hex'));"),
  script("a notification for everybody", () => "SELECT pg_notify('tandem', repeat('x', 7000));"),
];

/** What must be refused. */
const ATTEMPTS: Trap[] = (
  [
    ["more rights", "ALTER ROLE CURRENT_USER CREATEROLE"],
    ["the owner's role", "SET ROLE OWNER_ROLE"],
    ["a membership", "GRANT pg_read_all_data TO CURRENT_USER"],
    ["a temporary table in the place of a catalog", "CREATE TEMP TABLE pg_class (relname name)"],
    ["a function in public", "CREATE FUNCTION public.count() RETURNS int LANGUAGE sql AS 'SELECT 1'"],
    ["a schema", "CREATE SCHEMA mine"],
    ["a row", "INSERT INTO notes (text) VALUES ('x')"],
    ["a locked table", "BEGIN; LOCK TABLE notes IN ACCESS EXCLUSIVE MODE"],
    ["password hashes", "SELECT rolpassword FROM pg_authid"],
    ["a file of the server", "SELECT lo_import('/etc/passwd')"],
    ["a comment on the database", "COMMENT ON DATABASE THE_DATABASE IS 'tandem mine/production'"],
    ["a setting for everybody", "ALTER DATABASE THE_DATABASE SET search_path = x"],
    [
      "the end of another's session",
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres'",
    ],
  ] satisfies [string, string][]
).map(([kind, sql]) =>
  script(
    kind,
    (site) => `${sql.replace("OWNER_ROLE", site.login("owner")).replace("THE_DATABASE", site.database)};`,
    REFUSED,
  ),
);

/** The traps of a read-only login. */
export const readerTraps: Trap[] = [...ATTEMPTS, ...LEFT];
