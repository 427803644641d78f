// Ends a script that a shared Redis server runs and doesn't come back from: while it runs, nobody else is served.
import type Docker from "dockerode";
import { redisCommand } from "../../../provider/redis/redis-cli.ts";

/** What became of it. `unkillable`: it has written something, so Redis ends it only together with itself. */
export type ScriptEnd = "none" | "ended" | "unkillable";

/** What the server refuses with; undefined where it answers. */
async function refusal(docker: Docker, container: string, args: string[]): Promise<string | undefined> {
  return await redisCommand(docker, container, args).then(
    () => undefined,
    (error: Error) => error.message,
  );
}

/**
 * Ends the script, whoever's it is: while one runs, Redis doesn't tell. A server answers that it is busy 5 s after a script
 * began (`busy-reply-threshold`); until then this waits.
 *
 * @throws where the server can't be asked
 */
export async function endScript(docker: Docker, container: string): Promise<ScriptEnd> {
  const busy = await refusal(docker, container, ["PING"]);
  if (busy === undefined) return "none";
  if (!/: BUSY /.test(busy)) throw new Error(busy);
  const kind = busy.includes("FUNCTION KILL") ? "FUNCTION" : "SCRIPT";
  const refused = await refusal(docker, container, [kind, "KILL"]);
  if (refused === undefined || /: NOTBUSY /.test(refused)) return "ended";
  // A server that an earlier version started, and no `up` since, doesn't let its administrator.
  if (/: (UNKILLABLE|NOPERM) /.test(refused)) return "unkillable";
  throw new Error(refused);
}

/**
 * Ends the server's process and starts it again from its append-only file: without what the script wrote, which is kept
 * only when a script ends.
 */
export async function restartRedis(docker: Docker, container: string): Promise<void> {
  // It can't be asked to end: it is busy. Who is killed by hand doesn't come back by itself.
  await docker.getContainer(container).kill();
  await docker.getContainer(container).start();
}
