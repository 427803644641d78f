// Postgres settings for a memory limit.

/**
 * Server settings as command-line arguments; those that a topology gives win over what follows from the memory.
 *
 * Sources: PostgreSQL's documentation, "Resource Consumption": shared_buffers 25 % of memory is a reasonable start;
 * "Query Planning": effective_cache_size is what the disk cache may hold, about half to three quarters. work_mem is
 * per sort and connection, so a quarter of memory is shared out among the connections.
 */
export function postgresArguments(
  memoryMb: number,
  maxConnections: number,
  given: Readonly<Record<string, string>> = {},
): string[] {
  const sharedBuffersMb = Math.max(32, Math.floor(memoryMb / 4));
  const workMemKb = Math.max(1024, Math.floor((memoryMb * 1024) / 4 / maxConnections));
  const settings: Record<string, string> = {
    shared_buffers: `${sharedBuffersMb}MB`,
    effective_cache_size: `${Math.floor((memoryMb * 3) / 4) - Math.floor(memoryMb / 8)}MB`,
    maintenance_work_mem: `${Math.max(16, Math.floor(memoryMb / 16))}MB`,
    work_mem: `${workMemKb}kB`,
    max_connections: String(maxConnections),
    password_encryption: "scram-sha-256",
    // A statement in the log could hold a password or a customer's data.
    log_statement: "none",
    log_min_error_statement: "panic",
    log_connections: "off",
    ...given,
  };
  return ["postgres", ...Object.entries(settings).flatMap(([key, value]) => ["-c", `${key}=${value}`])];
}

/** Shared memory in MiB for parallel queries: Docker's 64 MiB are too few for larger servers. */
export function sharedMemoryMb(memoryMb: number): number {
  return Math.max(64, Math.floor(memoryMb / 4));
}

/** Connections of a shared server that no environment gets: superusers' (3) and the environments' administrators'. */
const KEPT_CONNECTIONS = 10;

/** Connections of a database's logins. */
export interface ConnectionLimits {
  owner: number;
  app: number;
  readonly: number;
}

/**
 * What the logins of one environment may hold on a server with several, so that no environment takes the connections of
 * another. A role's limit is the administrator's: its owner can't raise it, unlike that of a database.
 */
export function connectionLimits(maxConnections: number, environments: number): ConnectionLimits {
  const share = Math.max(6, Math.floor((maxConnections - KEPT_CONNECTIONS) / Math.max(1, environments)));
  const owner = Math.max(2, Math.floor(share * 0.15));
  const readonly = Math.max(2, Math.floor(share * 0.2));
  return { owner, app: share - owner - readonly, readonly };
}

/**
 * Settings that a server with several environments is given while it runs, as `ALTER SYSTEM` takes them: only a superuser
 * changes them. `temp_file_limit` is for one session: what sorts and joins write to the disk that all share.
 */
export function sharedSettings(tempFilesMb: number): Record<string, string> {
  return { temp_file_limit: `${tempFilesMb}MB` };
}
