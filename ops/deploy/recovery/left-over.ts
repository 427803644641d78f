// Things on the Docker host that carry an environment's labels and are not in its state: told, never touched.
//
// They come from a run whose record was lost, or belong to somebody who keeps a state of his own for the same
// environment. Which of the two, only people know.

import { labelFilter, withDocker } from "../../engine/docker-client.ts";
import { dockerHostOf, type Session } from "../../engine/session.ts";
import type { Deployment } from "../../engine/state/backend.ts";
import { removalOf } from "../removal.ts";
import { containerName, leadsOf, servingOf } from "../serving.ts";

/** What was found. */
export interface LeftOver {
  /** Names of containers that run while the environment serves: they may serve, or be needed by what does. */
  needed: string[];
  /** Commands that remove the rest, one each. */
  removals: string[];
}

/** Looks for them; both lists are empty where there are none. */
export async function findLeftOver(session: Session, deployment: Deployment | undefined): Promise<LeftOver> {
  const known = new Set((deployment?.resources ?? []).flatMap(({ id }) => id ?? []));
  return await withDocker(dockerHostOf(session.project, session.file), async (docker) => {
    const filters = labelFilter(session.project.name, session.stack);
    const [all, networks] = await Promise.all([
      docker.listContainers({ all: true, filters }),
      docker.listNetworks({ filters }),
    ]);
    const serving = servingOf(await leadsOf(docker, all), all);
    const leftOver = all
      .filter(({ Id }) => !known.has(Id))
      .map((info) => ({ name: containerName(info), removal: removalOf(info, serving) }));
    const needed = leftOver.flatMap(({ name, removal }) => (removal === undefined ? [name] : []));
    const strangeNetworks = networks.filter(({ Id }) => !known.has(Id));
    return {
      needed,
      removals: [
        ...leftOver.flatMap(({ removal }) => removal ?? []),
        // What stays may be joined to them.
        ...(needed.length > 0 ? [] : strangeNetworks.map(({ Name }) => `docker network rm ${Name}`)),
      ],
    };
  });
}
