// Finds a volume that Docker had made without its labels: a daemon that is told to end closes its books before it has
// done with every request, and the folder stays without the entry. The next creation would take it as it is, and the
// state would claim labels that it doesn't have.

import type Docker from "dockerode";
import { types } from "../../../lib/resource-types.ts";
import { found } from "../../engine/docker-client.ts";
import type { Surroundings, Unfinished } from "./unfinished.ts";

/** Bytes in a volume, if no container has it. */
async function sizeIfUnused(docker: Docker, name: string): Promise<number | undefined> {
  const { Volumes } = (await docker.df()) as { Volumes?: Docker.VolumeInspectInfo[] | null };
  const usage = (Volumes ?? []).find(({ Name }) => Name === name)?.UsageData;
  return usage?.RefCount === 0 ? usage.Size : undefined;
}

/**
 * The volume of this name, if it came up during the run without any label, is empty, and no container has it. One with
 * labels needs nothing; creating it again finds it.
 */
export async function findVolume(
  { docker, notBefore, say }: Surroundings,
  name: string,
): Promise<Unfinished | undefined> {
  const volume = docker.getVolume(name);
  const facts = (await found(volume.inspect())) as
    | (Docker.VolumeInspectInfo & { CreatedAt?: string })
    | undefined;
  if (facts === undefined || Object.keys(facts.Labels ?? {}).length > 0) return undefined;
  const created = Date.parse(facts.CreatedAt ?? "") / 1000;
  // A volume may hold somebody's data: where the beginning of the run isn't known, it could be an old one.
  if (notBefore <= 0 || !(created >= notBefore) || (await sizeIfUnused(docker, name)) !== 0) {
    say(`volume ${name} has no labels, and nothing says that the run which ended made it: left alone`);
    return undefined;
  }
  return {
    what: `volume ${name} (without labels)`,
    isRecorded: (resources) => resources.some(({ type, id }) => type === types.volume && id === name),
    // Docker refuses where a container has it by now.
    remove: async () => void (await found(volume.remove())),
  };
}
