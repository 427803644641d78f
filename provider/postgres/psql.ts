// SQL inside a Postgres container: the one door for what runs as the server's administrator, whom peer authentication lets
// in. Each session is pinned before its first statement (lib/admin-sql/session.ts), so that nothing that a tenant made is
// evaluated; what has to evaluate it goes through a login that may do no more than the tenant itself.
import type Docker from "dockerode";
import { restrictStatement, type SessionLimits, sessionOptions } from "../../lib/admin-sql/session.ts";
import { exec } from "../docker/containers.ts";

export { identifier, literal } from "../../lib/admin-sql/quoting.ts";

/** The administrator that the official image makes, and the user of its container. */
const ADMINISTRATOR = "postgres";
const COMMAND = [
  ...["psql", "--no-psqlrc", "--no-password", "--quiet", "--tuples-only", "--no-align"],
  ...["--set", "ON_ERROR_STOP=1"],
];

/** Where statements run, and for how long. */
export interface PsqlOptions {
  /** The administrator's login. @default "postgres" */
  username?: string;
  /** @default "postgres" */
  database?: string;
  limits?: SessionLimits;
  /** Lets psql's own commands through: on a server of the moment that nothing but one command reaches. @default false */
  commands?: boolean;
}

/** A login that isn't the administrator's. */
export interface PlainLogin {
  username: string;
  database: string;
  /** Proves who it is: by the loopback interface. Without one a user of the container with the login's name asks. */
  password?: string;
  limits?: SessionLimits;
}

/** Variables for a tool that connects as the administrator by itself, such as pg_dump. */
export function administratorEnv(limits?: SessionLimits): string[] {
  return [`PGUSER=${ADMINISTRATOR}`, `PGOPTIONS=${sessionOptions(limits)}`];
}

/** A backslash at a place where psql takes one for a command of its own would leave SQL, and the server with it. */
function refuseCommands(sql: string): void {
  if (sql.includes("\\")) throw new Error("a statement for the database contains a backslash");
}

/**
 * Runs statements as the administrator and returns what they printed, a row a line. They go in by stdin, so nothing of
 * them stands in a process list.
 *
 * @throws with the server's words
 */
export async function psql(
  docker: Docker,
  container: string,
  sql: string,
  { username = ADMINISTRATOR, database = "postgres", limits, commands = false }: PsqlOptions = {},
): Promise<string> {
  if (!commands) refuseCommands(sql);
  const command = [...COMMAND, "--username", username, "--dbname", database, "--file", "-"];
  const env = [`PGOPTIONS=${sessionOptions(limits)}`];
  const script = `${restrictStatement()}\n${sql}`;
  const { exitCode, output, stdout } = await exec(docker, container, command, script, undefined, env);
  if (exitCode !== 0) throw new Error(output.trim());
  return stdout.trim();
}

/** Asks for one value that the server writes as JSON: names in it may hold whatever Postgres lets them. */
export async function psqlJson<T>(
  docker: Docker,
  container: string,
  sql: string,
  options: PsqlOptions = {},
): Promise<T | undefined> {
  const json = await psql(docker, container, sql, options);
  return json === "" ? undefined : (JSON.parse(json) as T);
}

/** Reads the password from the first line of stdin, then becomes the command: it stands in no list and in no file. */
const WITH_PASSWORD = 'IFS= read -r PGPASSWORD && export PGPASSWORD && exec "$@"';

/**
 * Runs a tool of Postgres' with a login that is not the administrator's, such as pg_restore.
 *
 * @param command the tool with its arguments; host, login and database are added
 * @param input what it reads
 */
export function runAs(
  docker: Docker,
  container: string,
  { username, database, password, limits }: PlainLogin,
  command: readonly string[],
  input = "",
): ReturnType<typeof exec> {
  const env = [`PGOPTIONS=${sessionOptions(limits)}`];
  const full = [...command, "--username", username, "--dbname", database];
  if (password === undefined) return exec(docker, container, full, input, username, env);
  const tool = ["sh", "-c", WITH_PASSWORD, "login", ...full, "--host", "127.0.0.1"];
  return exec(docker, container, tool, `${password}\n${input}`, undefined, env);
}

/** Runs statements with a login that is not the administrator's. @throws with the server's words */
export async function psqlAs(
  docker: Docker,
  container: string,
  login: PlainLogin,
  sql: string,
): Promise<string> {
  refuseCommands(sql);
  const script = `${restrictStatement()}\n${sql}`;
  const { exitCode, output, stdout } = await runAs(
    docker,
    container,
    login,
    [...COMMAND, "--file", "-"],
    script,
  );
  if (exitCode !== 0) throw new Error(output.trim());
  return stdout.trim();
}
