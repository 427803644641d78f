// Statements in a database that have run for long, and their end.
import type Docker from "dockerode";
import { literal, psql } from "../../../provider/postgres/psql.ts";
import type { DumpedDatabase } from "../../../provider/postgres/restore-point.ts";

/** A session that has not come back from a statement, or holds a transaction open. Its text may hold anybody's data. */
export interface LongSession {
  pid: number;
  login: string;
  /** `active`, `idle in transaction` … */
  state: string;
  seconds: number;
}

const sessions = (database: string, seconds: number) => `FROM pg_stat_activity
  WHERE datname = ${literal(database)} AND backend_type = 'client backend' AND state <> 'idle' AND usename <> 'postgres'
    AND coalesce(xact_start, query_start) < now() - make_interval(secs => ${Math.floor(seconds)})`;

/** Those of a database's logins that are older than `seconds`. */
export async function longSessions(
  docker: Docker,
  { containerId, name }: DumpedDatabase,
  seconds: number,
): Promise<LongSession[]> {
  const fields = `json_build_object('pid', pid, 'login', usename, 'state', state,
    'seconds', floor(extract(epoch FROM now() - coalesce(xact_start, query_start))))`;
  const sql = `SELECT coalesce(json_agg(${fields} ORDER BY xact_start), '[]') ${sessions(name, seconds)};`;
  return JSON.parse(await psql(docker, containerId, sql)) as LongSession[];
}

/** Ends them, and those that became so meanwhile; returns how many. */
export async function endLongSessions(
  docker: Docker,
  { containerId, name }: DumpedDatabase,
  seconds: number,
): Promise<number> {
  const sql = `SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) ${sessions(name, seconds)};`;
  return Number(await psql(docker, containerId, sql));
}
