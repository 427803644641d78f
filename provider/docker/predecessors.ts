// The running containers of a service that a new one takes over from; where only one may exist, they end before it starts.
import type Docker from "dockerode";
import { labels } from "../../lib/docker/labels.ts";
import type { CallContext } from "../../plugin/handler.ts";
import { allowRestart, inspect, stopForGood, TRANSIENT } from "./containers.ts";
import type { DockerHost } from "./docker-host.ts";

/** Seconds that a container without a grace of its own has to stop: Docker's default. */
const STOP_SECONDS = 10;

/** Ids of the containers that run for the same service of the same environment; one that runs a migration is none of them. */
export async function predecessors(docker: Docker, id: string): Promise<string[]> {
  const given = (await inspect(docker, id))?.Config.Labels ?? {};
  const own = [labels.system, labels.environment, labels.component];
  // With less it isn't said whose the others are.
  if (own.some((label) => !given[label])) return [];
  const filters = JSON.stringify({ label: own.map((label) => `${label}=${given[label]}`) });
  return (await docker.listContainers({ filters }))
    .filter(({ Id, Labels }) => Id !== id && !(labels.migration in Labels || TRANSIENT in Labels))
    .map(({ Id }) => Id);
}

/** Ends them, each with its own grace, so that they stay ended when Docker restarts. @throws when one still runs */
export async function stopPredecessors(
  docker: Docker,
  ids: readonly string[],
  ctx: Pick<CallContext<DockerHost>, "status">,
): Promise<void> {
  for (const each of ids) {
    const facts = await inspect(docker, each);
    ctx.status(`stopping ${facts?.Name.slice(1) ?? "the version before"}`);
    const grace = (facts?.Config as { StopTimeout?: number } | undefined)?.StopTimeout ?? STOP_SECONDS;
    await stopForGood(docker, each, grace);
    const after = await inspect(docker, each);
    if (after?.State.Running)
      throw new Error(`Container ${after.Name.slice(1)} can't be stopped, and only one of its kind may run.`);
  }
}

/**
 * Starts those again that were to end for one that failed.
 *
 * @param failed the id of that one: while it runs, no other may
 * @returns what to say of it; empty where there were none
 */
export async function startAgain(docker: Docker, failed: string, ids: readonly string[]): Promise<string> {
  const still = ids.length === 0 ? undefined : await inspect(docker, failed);
  if (still?.State.Running) {
    const name = still.Name.slice(1);
    return `The version before wasn't started again, since ${name} can't be stopped. Stop it, then run \`up\` again.`;
  }
  const said: string[] = [];
  for (const id of ids) {
    const facts = await inspect(docker, id);
    const name = facts?.Name.slice(1) ?? id.slice(0, 12);
    try {
      await allowRestart(docker, id);
      if (facts?.State.Running) {
        said.push(`The version before, ${name}, runs as before.`);
        continue;
      }
      await docker.getContainer(id).start();
      said.push(`The version before, ${name}, was started again.`);
    } catch (error) {
      said.push(`The version before, ${name}, can't be started again: ${(error as Error).message}`);
    }
  }
  return said.join("\n");
}
