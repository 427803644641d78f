// PgBouncer's two files: its settings, and the logins that it lets in.
import type * as pulumi from "@pulumi/pulumi";

/** Connections to the server for each login. */
export const DEFAULT_POOL_SIZE = 20;

/** How connections are pooled. */
export interface PoolSettings {
  /** Connections to the server, per login. @default 20, PgBouncer's own */
  poolSize?: pulumi.Input<number>;
  /** Clients that may be connected at the same time. @default 500 */
  maxClients?: pulumi.Input<number>;
  /**
   * Prepared statements that each connection to the server keeps; with 0 clients must not prepare any.
   * @default 200, PgBouncer's own since 1.24
   */
  maxPreparedStatements?: pulumi.Input<number>;
}

/** What the configuration is made of. */
export interface PoolerConfig {
  database: string;
  target: { host: string; port: number; sslmode?: string | undefined; caFile?: string | undefined };
  /** Port that clients connect to. */
  port: number;
  /** File with the logins. */
  userFile: string;
  pool: pulumi.Unwrap<PoolSettings>;
}

/**
 * Content of pgbouncer.ini. Transaction mode: a client has a connection to the server for as long as a transaction
 * lasts. Nobody may log in to the pooler's own console. It writes to standard output and to no file.
 */
export function poolerConfig({ database, target, port, userFile, pool }: PoolerConfig): string {
  const settings: Record<string, string | number> = {
    listen_addr: "*",
    listen_port: port,
    unix_socket_dir: "",
    auth_type: "scram-sha-256",
    auth_file: userFile,
    pool_mode: "transaction",
    default_pool_size: pool.poolSize ?? DEFAULT_POOL_SIZE,
    max_client_conn: pool.maxClients ?? 500,
    max_prepared_statements: pool.maxPreparedStatements ?? 200,
    // What common clients send at the start and a shared connection can't keep: node-postgres, JDBC, Django.
    ignore_startup_parameters: "extra_float_digits,statement_timeout,options",
    // A waiting client gets an error instead of hanging while the server is away.
    query_wait_timeout: 30,
    server_tls_sslmode: target.sslmode ?? "disable",
    ...(target.caFile === undefined ? {} : { server_tls_ca_file: target.caFile }),
    log_connections: 0,
    log_disconnections: 0,
  };
  return [
    "[databases]",
    `${database} = host=${target.host} port=${target.port} dbname=${database}`,
    "",
    "[pgbouncer]",
    ...Object.entries(settings).map(([key, value]) => `${key} = ${value}`),
    "",
  ].join("\n");
}

/** Content of userlist.txt. In plain text, as PgBouncer needs it to log in to the server with scram itself. */
export function userList(users: { name: string; password: string }[]): string {
  const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
  return users.map(({ name, password }) => `${quote(name)} ${quote(password)}\n`).join("");
}
