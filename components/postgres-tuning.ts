// Postgres settings for a memory limit.

/**
 * Server settings as command-line arguments.
 *
 * Sources: PostgreSQL's documentation, "Resource Consumption": shared_buffers 25 % of memory is a reasonable start;
 * "Query Planning": effective_cache_size is what the disk cache may hold, about half to three quarters. work_mem is
 * per sort and connection, so a quarter of memory is shared out among the connections.
 */
export function postgresArguments(memoryMb: number, maxConnections: number): string[] {
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
  };
  return ["postgres", ...Object.entries(settings).flatMap(([key, value]) => ["-c", `${key}=${value}`])];
}

/** Shared memory in MiB for parallel queries: Docker's 64 MiB are too few for larger servers. */
export function sharedMemoryMb(memoryMb: number): number {
  return Math.max(64, Math.floor(memoryMb / 4));
}
