// A database that lets nobody but the server's administrator in for a while.
import type Docker from "dockerode";
import { identifier, literal, psql } from "./psql.ts";
import type { DumpedDatabase } from "./restore-point.ts";

/** Statement that ends all other connections to databases. */
export function endConnections(...names: string[]): string {
  // Not in the condition: the server may try its parts in any order.
  return `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname IN (${names
    .map(literal)
    .join(", ")});`;
}

/** Ends all connections and lets none but the administrator's in while `work` runs. */
export async function whileClosed<T>(
  docker: Docker,
  { containerId, name }: DumpedDatabase,
  work: () => Promise<T>,
): Promise<T> {
  const before = Number(
    await psql(docker, containerId, `SELECT datconnlimit FROM pg_database WHERE datname = ${literal(name)};`),
  );
  const limit = (count: number) => `ALTER DATABASE ${identifier(name)} CONNECTION LIMIT ${count};`;
  await psql(docker, containerId, `${limit(0)}\n${endConnections(name)}`);
  try {
    return await work();
  } finally {
    // 0 was left by a run that was killed here; no database of a stack is made with it.
    await psql(docker, containerId, limit(before === 0 ? -1 : before));
  }
}
