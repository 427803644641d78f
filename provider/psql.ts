// SQL inside a Postgres container, as the administrator whom peer authentication lets in.
import type Docker from "dockerode";
import { exec } from "./containers.ts";

const COMMAND = ["psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1"];

/**
 * Runs statements and returns what they printed, a row a line. They go in by stdin, so nothing of them stands in a
 * process list.
 */
export async function psql(
  docker: Docker,
  container: string,
  sql: string,
  options: { username?: string; database?: string } = {},
): Promise<string> {
  const { username = "postgres", database = "postgres" } = options;
  const command = [...COMMAND, "--username", username, "--dbname", database, "--file", "-"];
  const { exitCode, output, stdout } = await exec(docker, container, command, sql);
  if (exitCode !== 0) throw new Error(output.trim());
  return stdout.trim();
}

/** A name as SQL, quoted whatever it holds. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text as SQL. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
