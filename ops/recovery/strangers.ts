// Things on the Docker host that carry an environment's labels and are not in its state: told, never touched.
//
// They come from a run whose record was lost, or belong to somebody who keeps a state of his own for the same
// environment. Which of the two, only people know.

import { labelFilter, withDocker } from "../docker-client.ts";
import { dockerHostOf, type Session } from "../session.ts";
import type { Deployment } from "../state/backend.ts";

/** The commands that would remove them, one each; empty where there are none. */
export async function removalsOfStrangers(
  session: Session,
  deployment: Deployment | undefined,
): Promise<string[]> {
  const known = new Set((deployment?.resources ?? []).flatMap(({ id }) => id ?? []));
  return await withDocker(dockerHostOf(session.project, session.file), async (docker) => {
    const filters = labelFilter(session.project.name, session.stack);
    const [containers, networks] = await Promise.all([
      docker.listContainers({ all: true, filters }),
      docker.listNetworks({ filters }),
    ]);
    return [
      ...containers
        .filter(({ Id }) => !known.has(Id))
        .map(({ Id, Names }) => `docker rm -f ${(Names[0] ?? Id).replace(/^\//, "")}`),
      ...networks.filter(({ Id }) => !known.has(Id)).map(({ Name }) => `docker network rm ${Name}`),
    ];
  });
}
