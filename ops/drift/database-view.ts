// What was done by hand inside the environment's own Postgres servers, where the engine's refresh doesn't look: logins,
// databases, extensions, grants, owners and settings that nobody's state knows.
import type Docker from "dockerode";
import { SHARED_STACK } from "../../infra/settings/define.ts";
import { inspect } from "../../provider/containers.ts";
import { psql } from "../../provider/psql.ts";
import type { Finding } from "./finding.ts";
import { output, type Place } from "./place.ts";

/** Rights of a login that ours don't have, by column of pg_roles, as `ALTER ROLE` takes them away. */
const RIGHTS: Readonly<Record<string, string>> = {
  rolsuper: "NOSUPERUSER",
  rolcreaterole: "NOCREATEROLE",
  rolcreatedb: "NOCREATEDB",
  rolreplication: "NOREPLICATION",
  rolbypassrls: "NOBYPASSRLS",
};

/** One JSON document per query: names may hold whatever Postgres lets them. */
const SERVER = `SELECT json_build_object(
  'roles', (SELECT json_agg(to_json(r)) FROM (SELECT rolname, ${Object.keys(RIGHTS).join(", ")} FROM pg_roles
    WHERE rolname !~ '^pg_') r),
  'members', (SELECT json_agg(json_build_array(m.rolname, g.rolname)) FROM pg_auth_members a
    JOIN pg_roles g ON g.oid = a.roleid JOIN pg_roles m ON m.oid = a.member WHERE m.rolname !~ '^pg_' AND NOT m.rolsuper),
  'databases', (SELECT json_agg(datname) FROM pg_database WHERE NOT datistemplate),
  'system', (SELECT json_agg(DISTINCT name) FROM pg_file_settings WHERE sourcefile LIKE '%/postgresql.auto.conf'),
  'settings', (SELECT json_agg(json_build_array(coalesce(d.datname, ''), coalesce(r.rolname, ''), s.setconfig))
    FROM pg_db_role_setting s LEFT JOIN pg_database d ON d.oid = s.setdatabase LEFT JOIN pg_roles r ON r.oid = s.setrole),
  'weak', (SELECT json_agg(DISTINCT auth_method) FROM pg_hba_file_rules
    WHERE auth_method NOT IN ('scram-sha-256', 'peer', 'reject'))
);`;

const DATABASE = `SELECT json_build_object(
  'extensions', (SELECT json_agg(extname) FROM pg_extension WHERE extname <> 'plpgsql'),
  'public', (SELECT json_agg(DISTINCT c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
    aclexplode(c.relacl) a WHERE a.grantee = 0 AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')),
  'strange', (SELECT json_agg(DISTINCT c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
    pg_database b WHERE b.datname = current_database() AND c.relowner <> b.datdba AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
    AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e'))
);`;

interface ServerFacts {
  roles: ({ rolname: string } & Record<string, boolean | string>)[] | null;
  members: [string, string][] | null;
  databases: string[] | null;
  system: string[] | null;
  settings: [string, string, string[]][] | null;
  weak: string[] | null;
}

interface DatabaseFacts {
  extensions: string[] | null;
  public: string[] | null;
  strange: string[] | null;
}

const names = (place: Place, type: "role" | "database") =>
  new Set(place.of(type).map((resource) => output(resource, "name")));

/** Rights that the state gives a login itself. */
const STATE_RIGHTS: Readonly<Record<string, string>> = {
  rolsuper: "superuser",
  rolcreaterole: "createRole",
  rolcreatedb: "createDatabase",
  rolreplication: "replication",
  rolbypassrls: "bypassRowLevelSecurity",
};

function loginFindings({ roles, members }: ServerFacts, admin: string, place: Place): Finding[] {
  const known = new Map(place.of("role").map((role) => [output(role, "name"), role.outputs ?? {}]));
  const strangers = (roles ?? [])
    .filter(({ rolname }) => rolname !== admin && !known.has(rolname))
    .map(({ rolname }): Finding => {
      const mend = `find out who uses it; DROP ROLE ${rolname}`;
      return { subject: `login ${rolname}`, text: "is not in the state", mending: "person", mend };
    });
  const raised = (roles ?? []).flatMap((role): Finding[] => {
    const state = known.get(role.rolname);
    if (state === undefined) return [];
    return Object.entries(RIGHTS)
      .filter(([column]) => role[column] === true && state[STATE_RIGHTS[column] ?? ""] !== true)
      .map(([column, mend]): Finding => {
        const text = `has the right ${column.replace(/^rol/, "")}, which nothing gave it`;
        return {
          subject: `login ${role.rolname}`,
          text,
          mending: "person",
          mend: `ALTER ROLE ${role.rolname} ${mend}`,
        };
      });
  });
  const joined = (members ?? [])
    .filter(([member, group]) => {
      const own = known.get(member)?.roles;
      // CREATE ROLE makes its maker a member.
      return member !== admin && known.has(member) && !(Array.isArray(own) && own.includes(group));
    })
    .map(([member, group]): Finding => {
      const mend = `REVOKE ${group} FROM ${member}`;
      return { subject: `login ${member}`, text: `is a member of ${group}`, mending: "person", mend };
    });
  return [...strangers, ...raised, ...joined];
}

/** What an environment of another stack may have of its own on a shared server is not told apart here. */
function serverFindings(facts: ServerFacts, admin: string, server: string, place: Place): Finding[] {
  const databases = names(place, "database");
  const roles = names(place, "role");
  const subject = `server ${server}`;
  const own = place.environment !== SHARED_STACK;
  const settings = (facts.settings ?? []).flatMap(([database, role, values]) =>
    roles.has(role) && stateSets(place, role, values)
      ? []
      : [
          `${role || "everybody"} in ${database || "all databases"}: ${values.map((one) => one.split("=")[0]).join(", ")}`,
        ],
  );
  return [
    ...(own ? loginFindings(facts, admin, place) : []),
    ...(own ? (facts.databases ?? []) : [])
      .filter((name) => name !== "postgres" && !databases.has(name))
      .map((name): Finding => {
        const mend = `look at what it holds before you remove it: DROP DATABASE ${name}`;
        return { subject: `database ${name}`, text: "is not in the state", mending: "data", mend };
      }),
    ...(facts.system ?? []).map((name): Finding => {
      const mend = `ALTER SYSTEM RESET ${name}, then SELECT pg_reload_conf()`;
      return { subject, text: `ALTER SYSTEM set ${name}`, mending: "person", mend };
    }),
    ...settings.map((text): Finding => {
      return { subject, text: `settings of ${text}`, mending: "person", mend: "ALTER ROLE … RESET …" };
    }),
    ...(facts.weak ?? []).map((method): Finding => {
      const mend = "take the line out of pg_hba.conf, then SELECT pg_reload_conf()";
      return { subject, text: `pg_hba.conf lets logins in by ${method}`, mending: "person", mend };
    }),
  ];
}

/** Settings that a login's resource gives it. */
function stateSets(place: Place, role: string, values: readonly string[]): boolean {
  const outputs = place.of("role").find((one) => output(one, "name") === role)?.outputs ?? {};
  const given: Readonly<Record<string, unknown>> = {
    search_path: Array.isArray(outputs.searchPaths) && outputs.searchPaths.length > 0,
    statement_timeout: outputs.statementTimeout,
    idle_in_transaction_session_timeout: outputs.idleInTransactionSessionTimeout,
    role: outputs.assumeRole,
  };
  return values.every((value) => Boolean(given[value.split("=")[0] ?? ""]));
}

function databaseFindings(facts: DatabaseFacts, database: string, place: Place): Finding[] {
  const extensions = new Set(
    place
      .of("extension")
      .filter((one) => output(one, "database") === database)
      .map((one) => output(one, "name")),
  );
  const subject = `database ${database}`;
  return [
    ...(facts.extensions ?? [])
      .filter((name) => !extensions.has(name))
      .map((name): Finding => {
        const mend = `name it in the program, or DROP EXTENSION ${name}`;
        return { subject: `extension ${name}`, text: "is not in the state", mending: "person", mend };
      }),
    ...(facts.public ?? []).map((table): Finding => {
      const mend = `REVOKE ALL ON ${table} FROM PUBLIC`;
      return { subject, text: `${table} is open to every login`, mending: "person", mend };
    }),
    ...(facts.strange ?? []).map((table): Finding => {
      const mend = `make ${table} in a migration, or move what it holds and drop it`;
      return {
        subject,
        text: `${table} belongs to another login than the database's owner`,
        mending: "data",
        mend,
      };
    }),
  ];
}

/** Looks into the stack's own Postgres servers. */
export async function allDatabaseFindings(docker: Docker, place: Place): Promise<Finding[]> {
  const findings = await Promise.all(
    place.of("admin").map(async (resource): Promise<Finding[]> => {
      const [container, username] = [output(resource, "containerId"), output(resource, "username")];
      const facts = await inspect(docker, container);
      // Gone or stopped: that is the engine's finding.
      if (facts === undefined || !facts.State.Running || facts.State.Paused) return [];
      const server = JSON.parse(await psql(docker, container, SERVER, { username })) as ServerFacts;
      const own = [...names(place, "database")].filter((name) => server.databases?.includes(name));
      const inside = await Promise.all(
        own.map(async (database) => {
          const text = await psql(docker, container, DATABASE, { username, database });
          return databaseFindings(JSON.parse(text) as DatabaseFacts, database, place);
        }),
      );
      return [...serverFindings(server, username, facts.Name.replace(/^\//, ""), place), ...inside.flat()];
    }),
  );
  return findings.flat();
}
