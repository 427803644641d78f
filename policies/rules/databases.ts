// Databases: logins can do what they are for and nothing else.
import { numberOf, type ResourceRule, text, texts, types } from "../rule.ts";

const RIGHTS = {
  superuser: "is a superuser",
  createRole: "may create logins",
  createDatabase: "may create databases",
  replication: "may replicate",
  bypassRowLevelSecurity: "passes by row-level security",
} as const;

/**
 * Postgres's own roles that read and write the server's files, run programs on it, see or change what others have there,
 * or stop it: all of them but pg_database_owner.
 */
export const SERVER_ROLES: readonly string[] = [
  "pg_read_server_files",
  "pg_write_server_files",
  "pg_execute_server_program",
  "pg_write_all_data",
  "pg_read_all_data",
  "pg_signal_backend",
  "pg_signal_autovacuum_worker",
  "pg_monitor",
  "pg_read_all_settings",
  "pg_read_all_stats",
  "pg_stat_scan_tables",
  "pg_checkpoint",
  "pg_maintain",
  "pg_create_subscription",
  "pg_use_reserved_connections",
];

const SHORTEST_PASSWORD = 24;

export const databases: readonly ResourceRule[] = [
  {
    name: "no-superuser",
    group: "databases",
    title: "No login of an app has an administrator's rights.",
    reason:
      "An injection in the app would be one in the whole server, other environments' databases on it included.",
    fix: "set superuser, createRole, createDatabase, replication and bypassRowLevelSecurity to false, and leave pg_… roles out",
    level: "mandatory",
    types: [types.role],
    check: ({ facts }) => [
      ...Object.entries(RIGHTS).flatMap(([key, what]) => (facts[key] === true ? [what] : [])),
      ...texts(facts.roles)
        .filter((role) => SERVER_ROLES.includes(role))
        .map((role) => `is a member of ${role}`),
    ],
  },
  {
    name: "owner-logins",
    group: "databases",
    title: "An application that acts as the owner of its database is known.",
    reason:
      "It may change and drop all that is in its database, and so may an injection in it; an application that migrates by " +
      "itself needs that, and others don't.",
    fix: "leave `login` out, and let a migration with the owner's login change the structure",
    level: "advisory",
    types: [types.role],
    check: ({ facts }) =>
      text(facts.assumeRole) === undefined ? [] : [`acts as ${text(facts.assumeRole)} from the start`],
  },
  {
    name: "no-public-grants",
    group: "databases",
    title: "Nothing is granted to everybody.",
    reason: "What PUBLIC may do, the other environment's login on the same server may do too.",
    fix: "grant it to the role that needs it",
    level: "mandatory",
    types: [types.grant],
    check: ({ facts }) =>
      text(facts.role)?.toLowerCase() === "public" && texts(facts.privileges).length > 0
        ? [`grants ${texts(facts.privileges).join(", ")} to PUBLIC`]
        : [],
  },
  {
    name: "password-length",
    group: "databases",
    title: `Generated passwords have at least ${SHORTEST_PASSWORD} characters.`,
    reason: "They are never typed, so there is no reason for one that can be guessed.",
    fix: `set length to ${SHORTEST_PASSWORD} or more`,
    level: "mandatory",
    types: [types.password],
    check({ facts }) {
      const length = numberOf(facts.length);
      return length !== undefined && length < SHORTEST_PASSWORD ? [`has ${length} characters`] : [];
    },
  },
];
