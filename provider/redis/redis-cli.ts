// Commands to a shared Redis server as its administrator, from inside its container.
import type Docker from "dockerode";
import { REDIS_ADMIN_RULES } from "../../lib/redis-admin.ts";
import { exec } from "../docker/containers.ts";

/** The password is read inside the container: it stands in no process list and never leaves it. */
const COMMAND = [
  "sh",
  "-c",
  'REDISCLI_AUTH="$(cat /run/secrets/admin-password)" exec redis-cli --user admin --no-auth-warning "$@"',
  "redis",
];

/** Runs a line as redis-cli reads it from its standard input. @throws Error with Redis' own words where it refuses */
async function run(
  docker: Docker,
  container: string,
  line: string,
  database: number,
  format: "--json" | "--no-raw",
): Promise<string> {
  const command = [...COMMAND, format, "-n", String(database)];
  const { exitCode, output, stdout } = await exec(docker, container, command, `${line}\n`);
  const text = stdout.trim();
  const refused = refusalIn(text);
  if (exitCode !== 0 || refused !== undefined || text === "") {
    const what = line.split(" ").slice(0, 2).join(" ").replaceAll('"', "");
    throw new Error(`Redis in ${container} refused ${what}: ${refused ?? output.trim()}`);
  }
  return text;
}

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
  return parse(await run(docker, container, args.map(quoted).join(" "), database, "--json"));
}

/**
 * Deletes all keys of a prefix in one database. A key is any bytes; here it is never anything else than what redis-cli writes
 * for it and reads again.
 *
 * @param prefix without characters that mean something in a pattern
 */
export async function deleteKeys(
  docker: Docker,
  container: string,
  database: number,
  prefix: string,
  signal: AbortSignal,
): Promise<void> {
  for (let cursor = "0"; ; ) {
    const scan = ["SCAN", cursor, "MATCH", `${prefix}*`, "COUNT", STEP].map(quoted).join(" ");
    const { next, keys } = scanned(await run(docker, container, scan, database, "--no-raw"));
    if (keys.length > 0) await run(docker, container, `UNLINK ${keys.join(" ")}`, database, "--no-raw");
    cursor = next;
    if (cursor === "0") return;
    signal.throwIfAborted();
  }
}

/** Keys that one step looks at. */
const STEP = "1000";

/** A text of redis-cli's: in quotes, where all but printable ASCII is written out, such as `\\n` and `\\xff`. */
const TEXT = /"(?:[^"\\]|\\.)*"/g;

/** What SCAN answered: the next cursor, and the keys as redis-cli writes them. */
export function scanned(text: string): { next: string; keys: string[] } {
  const [cursor, ...keys] = text.match(TEXT) ?? [];
  if (cursor === undefined) throw new Error(`SCAN answered without a cursor: ${text.slice(0, 100)}`);
  return { next: cursor.slice(1, -1), keys };
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
    return text;
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
