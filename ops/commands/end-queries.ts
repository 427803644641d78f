// `tandem end-queries`: ends what an environment runs on its database server and its shared Redis server and doesn't come
// back from, so that others are served again.

import type Docker from "dockerode";
import { printableLine } from "../../lib/printable.ts";
import { types } from "../../lib/resource-types.ts";
import type { DumpedDatabase } from "../../provider/postgres/restore-point.ts";
import { openForLook, type StackOptions } from "../deploy/open-stack.ts";
import { endScript, restartRedis } from "../deploy/runaway/redis-script.ts";
import { endLongSessions, longSessions } from "../deploy/runaway/statements.ts";
import { withDocker } from "../engine/docker-client.ts";
import { confirm } from "../engine/prompt.ts";
import { say } from "../engine/say.ts";
import { dockerHostOf } from "../engine/session.ts";
import type { Deployment } from "../engine/state/backend.ts";
import { currentDeployment } from "../engine/state/state-transfer.ts";
import { type AddCommand, wholeNumber, yesOption } from "./command-line.ts";

/** Options of the command. */
export interface EndQueriesOptions extends StackOptions {
  /** Seconds that a statement or transaction may take. */
  over: number;
  /** Don't ask. */
  yes?: boolean;
}

/** The databases in containers, and the shared Redis servers, that a stack uses. */
export function serversOf({ resources = [] }: Deployment): { databases: DumpedDatabase[]; redis: string[] } {
  const databases = new Map<string, DumpedDatabase>();
  const redis = new Set<string>();
  for (const { type, outputs } of resources) {
    if (type === types.takeBack) {
      const name = String(outputs?.database);
      databases.set(name, { containerId: String(outputs?.containerId), name });
    }
    if (type === types.redisUser) redis.add(String(outputs?.container));
  }
  return { databases: [...databases.values()], redis: [...redis] };
}

async function endStatements(
  docker: Docker,
  database: DumpedDatabase,
  { over: seconds, yes }: EndQueriesOptions,
): Promise<void> {
  const found = await longSessions(docker, database, seconds);
  for (const { pid, login, state, seconds: age } of found) {
    say(`${database.name}: ${printableLine(login)} (process ${pid}) is ${state} since ${age} s`);
  }
  if (found.length === 0) {
    say(`${database.name}: no statement or transaction older than ${seconds} s`);
    return;
  }
  if (yes !== true) await confirm(`End ${found.length === 1 ? "it" : `all ${found.length}`}?`, "--yes");
  say(`${database.name}: ended ${await endLongSessions(docker, database, seconds)}`);
}

async function endScriptOf(docker: Docker, server: string, { yes }: EndQueriesOptions): Promise<void> {
  const end = await endScript(docker, server);
  if (end === "none") say(`${server}: no script runs for long`);
  if (end === "ended") say(`${server}: ended the script that ran`);
  if (end !== "unkillable") return;
  say(`${server}: a script runs that Redis doesn't end, since it has written something`);
  const question = `Restart ${server}? What the script wrote is lost; all its environments wait for some seconds.`;
  if (yes !== true) await confirm(question, "--yes");
  await restartRedis(docker, server);
  say(`${server}: started anew`);
}

/**
 * Runs the command. What it ends is printed before, without its text.
 *
 * @returns 0
 * @throws UserError when it is not confirmed
 */
export async function endQueries(stack: string, options: EndQueriesOptions): Promise<number> {
  const session = await openForLook(stack, options);
  const { databases, redis } = serversOf((await currentDeployment(session)) ?? {});
  await withDocker(dockerHostOf(session.project, session.file), async (docker) => {
    for (const database of databases) await endStatements(docker, database, options);
    for (const server of redis) await endScriptOf(docker, server, options);
  });
  return 0;
}

/** Adds the command. */
export const command: AddCommand = (program, merged) =>
  program
    .command("end-queries")
    .description("end what an environment runs for too long on its database and its shared Redis server")
    .argument("[stack]", "environment", "staging")
    .option("--over <seconds>", "how long a statement or transaction may take", wholeNumber, 60)
    .option(...yesOption)
    .action(async (stack: string, options: { over: number }) => {
      process.exitCode = await endQueries(stack, merged(options));
    });
