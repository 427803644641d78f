// Deletes the volumes of an environment, in a way that a crash in its middle can't leave half done: once the first one
// goes, the list of all is written down, and the next command on the stack goes on with it.
import type Docker from "dockerode";
import { found, labelFilter, withDocker } from "../../engine/docker-client.ts";
import { UserError } from "../../engine/errors.ts";
import { dockerHostOf, type Session } from "../../engine/session.ts";
import { dropKeptState, keepState, keptState } from "../../engine/state/state-transfer.ts";
import { removalOf } from "../removal.ts";
import { containerName, leadsOf, servingOf } from "../serving.ts";

/** Names of the environment's volumes. */
async function volumesOf(docker: Docker, { project, stack }: Session): Promise<string[]> {
  const { Volumes } = await docker.listVolumes({ filters: labelFilter(project.name, stack) });
  return (Volumes ?? []).map(({ Name }) => Name);
}

/**
 * Makes sure that nothing but what the state knows uses the environment's volumes: Docker would refuse to delete one,
 * with the others gone already.
 *
 * @param known ids of the containers that will be gone by then
 * @throws UserError naming who uses which volume.
 */
export async function requireUnused(session: Session, known: readonly string[]): Promise<void> {
  await withDocker(dockerHostOf(session.project, session.file), async (docker) => {
    for (const volume of await volumesOf(docker, session)) {
      const filters = JSON.stringify({ volume: [volume] });
      const users = await docker.listContainers({ all: true, filters });
      const other = users.find(({ Id }) => !known.includes(Id));
      if (other === undefined) continue;
      const name = containerName(other);
      const all = await docker.listContainers({ all: true });
      const serving = servingOf(await leadsOf(docker, all), all);
      // What this stack serves goes down with it; a container that serves by somebody else's doing does not.
      const removal = serving.has(name) ? undefined : removalOf(other, new Map());
      throw new UserError(
        `volume ${volume} is used by container ${name}, which is not in the state of ${session.stack}: nothing was done`,
        removal === undefined
          ? `it serves (${serving.get(name)}): find out whose it is before anything else`
          : `find out whose it is, and remove it first: ${removal}`,
      );
    }
  });
}

async function remove(docker: Docker, volumes: readonly string[]): Promise<void> {
  for (const name of volumes) await found(docker.getVolume(name).remove());
}

/**
 * Deletes the environment's volumes; everything that uses them must be gone.
 *
 * @returns their names
 * @throws what Docker says; the next command on the stack goes on with it.
 */
export async function deleteVolumes(session: Session): Promise<string[]> {
  return await withDocker(dockerHostOf(session.project, session.file), async (docker) => {
    const volumes = await volumesOf(docker, session);
    const kept = keptState(session);
    if (kept !== undefined) keepState(session, { ...kept, deleting: volumes });
    await remove(docker, volumes);
    dropKeptState(session);
    return volumes;
  });
}

/** Goes on with a deletion that was begun; returns the volumes that are gone now. */
export async function finishDeletion(session: Session, volumes: readonly string[]): Promise<void> {
  await withDocker(dockerHostOf(session.project, session.file), (docker) => remove(docker, volumes));
  dropKeptState(session);
}
