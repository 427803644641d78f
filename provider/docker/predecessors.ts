// The running containers of a service that a new one takes over from; where only one may exist, they end before it starts.
import type Docker from "dockerode";
import { COMPONENT, ENVIRONMENT, SYSTEM } from "../../lib/docker/labels.ts";
import type { CallContext } from "../../plugin/handler.ts";
import { allowRestart, inspect, stopForGood } from "./containers.ts";
import type { DockerHost } from "./docker-host.ts";

/** Seconds that a container without a grace of its own has to stop: Docker's default. */
const STOP_SECONDS = 10;

/** Ids of the containers that run for the same service of the same environment. */
export async function predecessors(docker: Docker, id: string): Promise<string[]> {
  const labels = (await inspect(docker, id))?.Config.Labels ?? {};
  const own = [SYSTEM, ENVIRONMENT, COMPONENT].filter((label) => label in labels);
  if (own.length === 0) return [];
  const filters = JSON.stringify({ label: own.map((label) => `${label}=${labels[label]}`) });
  return (await docker.listContainers({ filters })).filter(({ Id }) => Id !== id).map(({ Id }) => Id);
}

/** Ends them, each with its own grace, so that they stay ended when Docker restarts. @returns their ids */
export async function stopPredecessors(
  docker: Docker,
  id: string,
  ctx: CallContext<DockerHost>,
): Promise<string[]> {
  const ids = await predecessors(docker, id);
  for (const each of ids) {
    const facts = await inspect(docker, each);
    ctx.status(`stopping ${facts?.Name.slice(1) ?? "the version before"}`);
    const grace = (facts?.Config as { StopTimeout?: number } | undefined)?.StopTimeout ?? STOP_SECONDS;
    await stopForGood(docker, each, grace);
    const after = await inspect(docker, each);
    if (after?.State.Running)
      throw new Error(`Container ${after.Name.slice(1)} can't be stopped, and only one of its kind may run.`);
  }
  return ids;
}

/** Starts those again that were stopped for one that failed. @returns what to say of it; empty where there were none */
export async function startAgain(docker: Docker, ids: readonly string[]): Promise<string> {
  const said: string[] = [];
  for (const id of ids) {
    const facts = await inspect(docker, id);
    const name = facts?.Name.slice(1) ?? id.slice(0, 12);
    try {
      await allowRestart(docker, id);
      await docker.getContainer(id).start();
      said.push(`The version before, ${name}, was started again.`);
    } catch (error) {
      said.push(`The version before, ${name}, can't be started again: ${(error as Error).message}`);
    }
  }
  return said.join("\n");
}
