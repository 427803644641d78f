// What pins an administrator's session on a Postgres server. The owner of a database, or a login for itself, may change
// every setting of a session (`ALTER DATABASE … SET`, `ALTER ROLE … SET`), and so which function, operator or table an
// unqualified name means. With these settings a name means Postgres' own, and no statement waits for ever.
//
// Two forms of the same thing. As options of the connection they hold before the first statement and win over what a
// database or role sets: use them where the server is one of ours. As statements they go where a connection may pass a
// proxy that refuses options; nothing of a tenant's runs before them, since none of them calls a function.

/** Schemas in which names are looked for: Postgres' own first, or a temporary table of the same name would win. */
export const SEARCH_PATH = ["pg_catalog", "pg_temp"] as const;

/** Longest time that a statement waits for a lock that somebody else holds. Seconds. */
export const LOCK_TIMEOUT_SECONDS = 60;
/** Longest time that a statement takes: making or dropping a large database is the longest. Seconds. */
export const STATEMENT_TIMEOUT_SECONDS = 1800;

/** Limits of a session. */
export interface SessionLimits {
  /** @default LOCK_TIMEOUT_SECONDS */
  lockSeconds?: number;
  /** @default STATEMENT_TIMEOUT_SECONDS */
  statementSeconds?: number;
}

/** Settings that all supported versions have, in the form that `SET` and connection options take. */
function settings({ lockSeconds, statementSeconds }: SessionLimits): [name: string, value: string][] {
  return [
    ["search_path", SEARCH_PATH.join(",")],
    // What a text or an expression means.
    ["standard_conforming_strings", "on"],
    ["backslash_quote", "safe_encoding"],
    ["transform_null_equals", "off"],
    ["array_nulls", "on"],
    ["xmloption", "content"],
    ["client_encoding", "UTF8"],
    // How an answer is written.
    ["bytea_output", "hex"],
    ["datestyle", "ISO,MDY"],
    ["intervalstyle", "postgres"],
    ["timezone", "UTC"],
    ["extra_float_digits", "1"],
    ["quote_all_identifiers", "off"],
    ["client_min_messages", "warning"],
    // An error instead of a policy's function.
    ["row_security", "off"],
    // What a statement makes: never a password in a weaker form, nothing in somebody's tablespace.
    ["password_encryption", "scram-sha-256"],
    ["default_tablespace", ""],
    ["temp_tablespaces", ""],
    ["default_table_access_method", "heap"],
    ["check_function_bodies", "off"],
    ["synchronous_commit", "on"],
    ["default_transaction_read_only", "off"],
    ["default_transaction_isolation", "read committed"],
    ["default_transaction_deferrable", "off"],
    // Nothing lasts longer than this, and nothing ends earlier because a tenant says so.
    ["lock_timeout", `${lockSeconds ?? LOCK_TIMEOUT_SECONDS}s`],
    ["statement_timeout", `${statementSeconds ?? STATEMENT_TIMEOUT_SECONDS}s`],
    ["idle_in_transaction_session_timeout", `${statementSeconds ?? STATEMENT_TIMEOUT_SECONDS}s`],
    ["exit_on_error", "off"],
    ["jit", "off"],
    ["constraint_exclusion", "off"],
  ];
}

/** Settings that can be given with the connection only: code that would be loaded, a role that would be taken on. */
const AT_CONNECTION: [name: string, value: string][] = [
  ["local_preload_libraries", ""],
  ["role", "none"],
];

/**
 * Settings that newer versions have, with their values, all texts: from 14.13, 15.8, 16.4 and 17 on a view or foreign
 * table can be kept from standing in for a table. An unknown name would refuse the connection or the statement, so they
 * are set where the server lists them.
 */
const WHERE_KNOWN: [name: string, value: string][] = [
  ["restrict_nonsystem_relation_kind", "view,foreign-table"],
  ["transaction_timeout", "0"],
  ["idle_session_timeout", "0"],
];

/**
 * Value for the environment variable PGOPTIONS, or for the connection's parameter `options`. Follow it up by
 * {@link restrictStatement} as the first statement.
 */
export function sessionOptions(limits: SessionLimits = {}): string {
  return [...settings(limits), ...AT_CONNECTION]
    .map(([name, value]) => `-c ${name}=${value.replaceAll(/[\\\s]/g, String.raw`\$&`)}`)
    .join(" ");
}

/**
 * The statement that sets what only newer servers know. Its names mean Postgres' own once the search path is pinned; it
 * gives no row.
 */
export function restrictStatement(): string {
  const cases = WHERE_KNOWN.map(
    ([name, value]) =>
      `WHEN s.name OPERATOR(pg_catalog.=) '${name}' THEN pg_catalog.set_config('${name}', '${value}', false) IS NULL`,
  );
  return `SELECT FROM pg_catalog.pg_settings s WHERE CASE ${cases.join(" ")} ELSE false END;`;
}

/**
 * Statements that pin a session that is open already: send them in this order, as the first ones. They give no row.
 */
export function sessionStatements(limits: SessionLimits = {}): string[] {
  const set = settings(limits).map(([name, value]) => {
    const list = name === "search_path" ? value : `'${value}'`;
    return `SET ${name} TO ${list};`;
  });
  return [...set, restrictStatement()];
}
