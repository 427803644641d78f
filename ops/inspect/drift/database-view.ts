// What was done by hand on the environment's Postgres servers, where the engine's refresh doesn't look: logins, databases,
// extensions, grants, owners and settings that nobody's state knows.
import type Docker from "dockerode";
import { identifier } from "../../../provider/postgres/psql.ts";
import { READER } from "../../../provider/postgres/reader.ts";
import { output, type Place } from "../../engine/place.ts";
import { type ContentFacts, contentQuery, RIGHTS, type ServerFacts, serverQuery } from "./database-facts.ts";
import { type ManagedAccess, type Server, serversOf } from "./database-servers.ts";
import { namesOf, type Unmanaged, unmanagedOf } from "./database-unmanaged.ts";
import type { Finding } from "./finding.ts";

/** Rights that the state gives a login itself. */
const STATE_RIGHTS: Readonly<Record<string, string>> = {
  rolsuper: "superuser",
  rolcreaterole: "createRole",
  rolcreatedb: "createDatabase",
  rolreplication: "replication",
  rolbypassrls: "bypassRowLevelSecurity",
};

function loginFindings({ roles, members }: ServerFacts, unmanaged: Unmanaged, place: Place): Finding[] {
  const known = new Map(place.of("role").map((role) => [output(role, "name"), role.outputs ?? {}]));
  const login = (name: string, text: string, fix: string): Finding => {
    return { subject: `login ${name}`, text, gravity: "person", fix };
  };
  const unknown = unmanaged.roles.map(({ rolname }) =>
    login(rolname, "is not in the state", `find out who uses it; DROP ROLE ${identifier(rolname)}`),
  );
  const raised = roles.flatMap((role) => {
    const state = known.get(role.rolname);
    if (state === undefined) return [];
    return Object.entries(RIGHTS)
      .filter(([column]) => role[column] === true && state[STATE_RIGHTS[column] ?? ""] !== true)
      .map(([column, fix]) => {
        const text = `has the right ${column.replace(/^rol/, "")}, which nothing gave it`;
        return login(role.rolname, text, `ALTER ROLE ${identifier(role.rolname)} ${fix}`);
      });
  });
  const joined = (members ?? [])
    .filter(([member, group]) => {
      const own = known.get(member)?.roles;
      return known.has(member) && !(Array.isArray(own) && own.includes(group));
    })
    .map(([member, group]) =>
      login(member, `is a member of ${group}`, `REVOKE ${identifier(group)} FROM ${identifier(member)}`),
    );
  return [...unknown, ...raised, ...joined];
}

function serverFindings(facts: ServerFacts, unmanaged: Unmanaged, { name, place }: Server): Finding[] {
  const roles = namesOf(place, "role");
  const subject = `server ${name}`;
  const find = (text: string, fix: string): Finding => ({ subject, text, gravity: "person", fix });
  return [
    ...unmanaged.databases.map(({ name: database }): Finding => {
      const fix = `look at what it holds before you remove it: DROP DATABASE ${identifier(database)}`;
      return { subject: `database ${database}`, text: "is not in the state", gravity: "data", fix };
    }),
    ...unmanaged.settings
      .filter(([, role, values]) => !roles.has(role) || !stateSets(place, role, values))
      .map(([database, role, values]) => {
        const keys = values.map((one) => one.split("=")[0]).join(", ");
        const whose = `${role || "everybody"} in ${database || "all databases"}`;
        return find(`settings of ${whose}: ${keys}`, "ALTER ROLE … RESET …");
      }),
    ...(facts.system ?? [])
      .filter((one) => !serverSets(place, one))
      .map((one) => one.split("=")[0])
      .map((name) =>
        find(`ALTER SYSTEM set ${name}`, `ALTER SYSTEM RESET ${name}, then SELECT pg_reload_conf()`),
      ),
    ...(facts.weak ?? []).map((method) =>
      find(
        `pg_hba.conf lets logins in by ${method}`,
        "take the line out of pg_hba.conf, then SELECT pg_reload_conf()",
      ),
    ),
    ...(facts.open ?? []).map((one) => find(`has the ${one}`, "find out who uses it, and drop it")),
    ...(facts.reader === true
      ? [
          find(
            `the login ${READER}, which reads applications' tables, has a password, a right or a membership`,
            `DROP OWNED BY ${READER}; DROP ROLE ${READER}: it is made anew when it is needed`,
          ),
        ]
      : []),
  ];
}

/** Is a setting, `name=value`, one that the state gives its server? */
function serverSets(place: Place, setting: string): boolean {
  const given = place.of("admin").map(({ outputs }) => (outputs?.settings ?? {}) as Record<string, unknown>);
  return given.flatMap(Object.entries).some(([name, value]) => `${name}=${String(value)}` === setting);
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

/** Extensions that the state has in a database. */
function extensionsOf(place: Place, database: string): Set<string> {
  const inside = (type: "extension" | "sharedExtension") =>
    place.of(type).filter((one) => output(one, "database") === database);
  return new Set([
    ...inside("extension").map((one) => output(one, "name")),
    ...inside("sharedExtension").map((one) => output(one, "extension")),
  ]);
}

function contentFindings(facts: ContentFacts, database: string, place: Place): Finding[] {
  const extensions = extensionsOf(place, database);
  const subject = `database ${database}`;
  return [
    ...(facts.extensions ?? [])
      .filter((name) => !extensions.has(name))
      .map((name): Finding => {
        const fix = `name it in the program, or DROP EXTENSION ${identifier(name)}`;
        return { subject: `extension ${name}`, text: "is not in the state", gravity: "person", fix };
      }),
    ...(facts.public ?? []).map(([schema, table]): Finding => {
      // Without its schema the name of a tenant's `pg_class` means Postgres' own.
      const fix = `REVOKE ALL ON ${identifier(schema)}.${identifier(table)} FROM PUBLIC`;
      return { subject, text: `${schema}.${table} is open to every login`, gravity: "person", fix };
    }),
    ...(facts.unmanaged ?? []).map((table): Finding => {
      const fix = `make ${table} in a migration, or move what it holds and drop it`;
      const text = `${table} belongs to another login than the database's owner`;
      return { subject, text, gravity: "data", fix };
    }),
    ...(facts.open ?? []).map((one): Finding => {
      return {
        subject,
        text: `has the ${one}`,
        gravity: "person",
        fix: "find out who uses it, and drop it",
      };
    }),
  ];
}

/**
 * A database that can't be looked into, such as one whose owner gave it a setting that ends every session in it at once. That
 * is a finding: were it an error, its owner could keep drift from looking at everything else.
 */
export function unseen(database: string, error: Error): Finding {
  const said = /(?:FATAL|ERROR): +(.*)/.exec(error.message)?.[1] ?? error.message.split("\n")[0];
  return {
    subject: `database ${database}`,
    text: `can't be looked into: ${said}`,
    gravity: "person",
    fix: `look at its settings (SELECT * FROM pg_db_role_setting), and reset what ends a session: ALTER DATABASE ${identifier(database)} RESET …`,
  };
}

async function look(server: Server): Promise<Finding[]> {
  const { ownership, place } = server;
  // Of the server's own files only its stack asks, and a managed one's are its provider's.
  const query = serverQuery(ownership === "own" || ownership === "serving");
  const facts = JSON.parse(await server.ask(query)) as ServerFacts;
  const unmanaged = unmanagedOf(facts, server);
  const there = new Set(facts.databases.map(({ name }) => name));
  const inside = await Promise.all(
    [...namesOf(place, "database")]
      .filter((name) => there.has(name))
      .map(async (name) => {
        const asked = server.ask(contentQuery(name, ownership !== "managed"), name);
        const answer = await asked.catch((error: Error) => error);
        if (answer instanceof Error) return [unseen(name, answer)];
        return contentFindings(JSON.parse(answer) as ContentFacts, name, place);
      }),
  );
  return [
    ...loginFindings(facts, unmanaged, place),
    ...serverFindings(facts, unmanaged, server),
    ...inside.flat(),
  ];
}

/** Looks at the stack's Postgres servers. */
export async function allDatabaseFindings(
  docker: Docker,
  place: Place,
  access: ManagedAccess,
): Promise<Finding[]> {
  const servers = await serversOf(docker, place, access);
  return (await Promise.all(servers.map(look))).flat();
}
