// A hostile owner of a database: everything that the login which runs migrations can put in an administrator's way.
import { nameTraps } from "./name-traps.ts";
import type { UsedNames } from "./names.ts";
import type { Site } from "./site.ts";
import type { Trap } from "./trap.ts";
import { SCHEMA, springSql } from "./trap-body.ts";

const ESC = String.fromCharCode(27);

/** A trap that is a script of the owner's. */
const script = (kind: string, sql: (site: Site) => string, answer?: RegExp): Trap => ({
  kind,
  plant: (site) => site.as("owner", sql(site)),
  ...(answer === undefined ? {} : { answer }),
});

/** Names that mean something else to a terminal, to psql and to SQL; Postgres cuts a name at 63 bytes. */
const evilNames = (site: Site) => [
  `x${ESC}[31m${ESC}]0;owned\u0007\n\\! touch ${site.file}\n`,
  `x'; ALTER ROLE ${site.login("owner")} SUPERUSER; --`,
];
const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;

/** What has no name of Postgres' own, and runs when rows are copied, counted or looked at. */
const ON_ROWS: Trap[] = [
  script(
    "a check constraint",
    () => `ALTER TABLE notes ADD CONSTRAINT trap CHECK (${SCHEMA}.spring('check constraint'));`,
  ),
  script(
    "a trigger that fires always",
    () => `CREATE FUNCTION ${SCHEMA}.on_row() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN PERFORM ${SCHEMA}.spring(''trigger''); RETURN NEW; END';
    CREATE TRIGGER trap BEFORE INSERT OR UPDATE ON notes FOR EACH ROW EXECUTE FUNCTION ${SCHEMA}.on_row();
    ALTER TABLE notes ENABLE ALWAYS TRIGGER trap;`,
  ),
  script("a rule", () => `CREATE RULE trap AS ON DELETE TO notes DO ALSO SELECT ${SCHEMA}.spring('rule');`),
  script(
    "a row security policy",
    () => `CREATE POLICY trap ON notes USING (${SCHEMA}.spring('policy')) WITH CHECK (${SCHEMA}.spring('policy'));
    ALTER TABLE notes ENABLE ROW LEVEL SECURITY;`,
  ),
  script(
    "an index on an expression",
    () => `CREATE FUNCTION ${SCHEMA}.indexed(text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS
      'BEGIN RETURN ${SCHEMA}.spring(''index''); END';
    CREATE INDEX trap ON notes (${SCHEMA}.indexed(text));
    CREATE STATISTICS trap ON (${SCHEMA}.indexed(text)), (length(text)) FROM notes;`,
  ),
  script(
    "a column's default",
    () => `ALTER TABLE notes ALTER COLUMN text SET DEFAULT ${SCHEMA}.spring('default')::text;`,
  ),
  script(
    "a materialized view",
    () => `CREATE MATERIALIZED VIEW ${SCHEMA}.kept AS SELECT ${SCHEMA}.spring('materialized view') AS yes;`,
  ),
  script(
    "a function of the owner's that is SECURITY DEFINER",
    () =>
      `CREATE FUNCTION ${SCHEMA}.definer() RETURNS boolean LANGUAGE sql SECURITY DEFINER AS 'SELECT ${SCHEMA}.spring(''definer'')';`,
  ),
];

/** Text that a report, a terminal or a shell might take for its own. */
const TEXTS: Trap[] = [
  script("names with escapes, newlines, SQL and psql's commands", (site) =>
    evilNames(site)
      .map(quoted)
      .map(
        (name) => `CREATE SEQUENCE ${name};
    GRANT SELECT ON SEQUENCE ${name} TO PUBLIC;
    CREATE SCHEMA ${name};
    CREATE VIEW ${SCHEMA}.${name} AS SELECT 1 AS ${name};`,
      )
      .join("\n"),
  ),
  script(
    "comments with escapes and SQL",
    (site) => `COMMENT ON TABLE notes IS '${evilNames(site).join(" ").replaceAll("'", "''")}';
    COMMENT ON SCHEMA ${SCHEMA} IS 'tandem ${site.project.name}/production';`,
  ),
];

/** What only an administrator may do: each attempt must be refused. */
const REFUSED: Trap[] = (
  [
    [
      "an event trigger",
      `CREATE EVENT TRIGGER trap ON ddl_command_end EXECUTE FUNCTION ${SCHEMA}.on_event()`,
    ],
    ["a publication for all tables", "CREATE PUBLICATION trap FOR ALL TABLES"],
    ["a replication slot", "SELECT pg_create_physical_replication_slot('trap', true)"],
    ["a prepared transaction", "BEGIN; PREPARE TRANSACTION 'trap'"],
    ["a setting of the server", "ALTER SYSTEM SET log_statement = 'all'"],
    ["a library to be loaded", "SET session_preload_libraries = 'trap'"],
    ["a program on the server", "COPY (SELECT 1) TO PROGRAM 'id'"],
    ["a file of the server", "SELECT pg_read_file('/etc/passwd')"],
    ["an extension that isn't trusted", "CREATE EXTENSION file_fdw"],
    ["a leakproof function", `ALTER FUNCTION ${SCHEMA}.spring(text) LEAKPROOF`],
    ["a function in C", "CREATE FUNCTION trap() RETURNS int LANGUAGE c AS 'libc.so.6', 'getpid'"],
    ["a cast between Postgres' own types", "CREATE CAST (text AS oid) WITHOUT FUNCTION AS IMPLICIT"],
  ] satisfies [string, string][]
).map(([kind, sql]) =>
  script(
    kind,
    () => `${kind.startsWith("an event") ? EVENT : ""}${sql};`,
    /refused: .*(denied|must be|only|not exist|disabled|parameter|superuser)/i,
  ),
);
/** A name that is followed by more on its line would be another one's: each stands on its own. */
const CONNECTIONS: Trap[] = [
  script("the server's own database", () => "\\connect postgres\n", /permission denied for database/),
  script(
    "the other environment's database",
    ({ other }) => `\\connect ${other.database}\n`,
    /permission denied for database|database "\w+" does not exist/,
  ),
];
const EVENT = `CREATE FUNCTION ${SCHEMA}.on_event() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';\n`;

/** Settings that stay with the database and begin each session in it. */
const SETTINGS: Trap[] = [
  ...[
    "standard_conforming_strings = off",
    "row_security = off",
    "default_transaction_isolation = 'serializable'",
  ].map((setting) =>
    script(`the setting ${setting}`, ({ database }) => `ALTER DATABASE ${database} SET ${setting};`),
  ),
  script(
    "a search path with the traps before pg_catalog",
    ({ database }) => `ALTER DATABASE ${database} SET search_path = ${SCHEMA}, pg_catalog, public;`,
  ),
];

/**
 * The traps of an owner, in the order in which they go in.
 *
 * @param used names for which there are to be traps
 */
export function ownerTraps(used: UsedNames): Trap[] {
  const first = script("what the others call", (site) => springSql(site.login("owner")));
  const named = Object.entries(nameTraps(used)).map(([kind, sql]) => script(kind, () => sql));
  return [first, ...named, ...ON_ROWS, ...TEXTS, ...REFUSED, ...CONNECTIONS, ...SETTINGS];
}
