// SQL inside a Postgres container, as the administrator whom peer authentication lets in: the one door for it. Each session
// is pinned before its first statement (lib/admin-sql/session.ts), so that nothing that a tenant made is evaluated.
import type Docker from "dockerode";
import { restrictStatement, type SessionLimits, sessionOptions } from "../lib/admin-sql/session.ts";
import { exec } from "./containers.ts";

export { identifier, literal } from "../lib/admin-sql/quoting.ts";

const COMMAND = [
  ...["psql", "--no-psqlrc", "--no-password", "--quiet", "--tuples-only", "--no-align"],
  ...["--set", "ON_ERROR_STOP=1"],
];

/** Who asks, and where. */
export interface PsqlOptions {
  /** @default "postgres" */
  username?: string;
  /** @default "postgres" */
  database?: string;
  limits?: SessionLimits;
}

/**
 * Runs statements and returns what they printed, a row a line. They go in by stdin, so nothing of them stands in a
 * process list.
 *
 * @throws with the server's words
 */
export async function psql(
  docker: Docker,
  container: string,
  sql: string,
  { username = "postgres", database = "postgres", limits }: PsqlOptions = {},
): Promise<string> {
  const command = [...COMMAND, "--username", username, "--dbname", database, "--file", "-"];
  const env = [`PGOPTIONS=${sessionOptions(limits)}`];
  const script = `${restrictStatement()}\n${sql}`;
  const { exitCode, output, stdout } = await exec(docker, container, command, script, undefined, env);
  if (exitCode !== 0) throw new Error(output.trim());
  return stdout.trim();
}
