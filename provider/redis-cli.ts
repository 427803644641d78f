// Commands to a shared Redis server as its administrator, from inside its container.
import type Docker from "dockerode";
import { exec } from "./containers.ts";

/** The password is read inside the container: it stands in no process list and never leaves it. */
const COMMAND = [
  "sh",
  "-c",
  'REDISCLI_AUTH="$(cat /run/secrets/admin-password)" exec redis-cli --user admin --no-auth-warning --json',
];

/**
 * Runs one command and returns its answer. It goes in by stdin.
 *
 * @throws Error with Redis' own words where it refuses
 */
export async function redisCommand(
  docker: Docker,
  container: string,
  args: readonly string[],
): Promise<unknown> {
  const line = args.map(quoted).join(" ");
  const { exitCode, output, stdout } = await exec(docker, container, COMMAND, `${line}\n`);
  const answer = parse(stdout.trim());
  const refusal =
    typeof answer === "string" && /^(ERR|NOPERM|WRONGPASS|NOAUTH|DENIED|LOADING)\b/.test(answer);
  if (exitCode !== 0 || answer === undefined || refusal) {
    throw new Error(`Redis in ${container} refused ${args.slice(0, 2).join(" ")}: ${output.trim()}`);
  }
  return answer;
}

/** Refusals come as plain text even where JSON was asked for. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text === "" ? undefined : text.replace(/^\(error\) /, "");
  }
}

/** An argument as redis-cli reads it from its standard input. */
function quoted(argument: string): string {
  return JSON.stringify(argument);
}
