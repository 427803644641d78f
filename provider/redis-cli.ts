// Commands to a shared Redis server as its administrator, from inside its container.
import type Docker from "dockerode";
import { REDIS_ADMIN_RULES } from "../lib/redis-admin.ts";
import { exec } from "./containers.ts";

/** The password is read inside the container: it stands in no process list and never leaves it. */
const COMMAND = [
  "sh",
  "-c",
  'REDISCLI_AUTH="$(cat /run/secrets/admin-password)" exec redis-cli --user admin --no-auth-warning --json "$@"',
  "redis",
];

/**
 * Runs one command and returns its answer. It goes in by stdin.
 *
 * @param database number of the database @default 0
 * @throws Error with Redis' own words where it refuses
 */
export async function redisCommand(
  docker: Docker,
  container: string,
  args: readonly string[],
  database = 0,
): Promise<unknown> {
  const line = args.map(quoted).join(" ");
  const command = database === 0 ? COMMAND : [...COMMAND, "-n", String(database)];
  const { exitCode, output, stdout } = await exec(docker, container, command, `${line}\n`);
  const text = stdout.trim();
  const refused = refusalIn(text);
  const answer = refused === undefined ? parse(text) : undefined;
  if (exitCode !== 0 || answer === undefined) {
    throw new Error(
      `Redis in ${container} refused ${args.slice(0, 2).join(" ")}: ${refused ?? output.trim()}`,
    );
  }
  return answer;
}

/** What the server refused with: `error:"ERR …"` where JSON was asked for, `(error) ERR …` or plain text before a login. */
export function refusalIn(text: string): string | undefined {
  const json = /^error:(".*")$/s.exec(text)?.[1];
  if (json !== undefined) return String(parse(json));
  return /^(?:\(error\) |AUTH failed: )?((?:ERR|NOPERM|WRONGPASS|NOAUTH|DENIED|LOADING|BUSY)\b.*)$/s.exec(
    text,
  )?.[1];
}

/** Long texts, such as INFO's, come as they are even where JSON was asked for. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text === "" ? undefined : text;
  }
}

/** An argument as redis-cli reads it from its standard input. */
function quoted(argument: string): string {
  return JSON.stringify(argument);
}

/** Gives the administrator what it may do, where an earlier version started the server: it may give itself the rest. */
export async function settleAdmin(docker: Docker, container: string): Promise<void> {
  await redisCommand(docker, container, ["ACL", "SETUSER", "admin", ...REDIS_ADMIN_RULES]);
}
