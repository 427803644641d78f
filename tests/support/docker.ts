// Docker for tests: the client, names that nobody else has, and removal of what a test made.
import { randomBytes } from "node:crypto";
import Docker from "dockerode";

/** Client of this machine's Docker. */
export const docker = new Docker({ socketPath: "/var/run/docker.sock" });

/** A name that no other run has. */
export function uniqueName(prefix: string): string {
  return `${prefix}${randomBytes(3).toString("hex")}`;
}

/** Removes every container, network and volume that carries the label, in this order. */
export async function removeLabelled(label: string): Promise<void> {
  const filters = JSON.stringify({ label: [label] });
  for (const { Id } of await docker.listContainers({ all: true, filters })) {
    await docker.getContainer(Id).remove({ force: true, v: true }).catch(ignoreGone);
  }
  for (const { Id } of await docker.listNetworks({ filters })) {
    await docker.getNetwork(Id).remove().catch(ignoreGone);
  }
  const { Volumes } = await docker.listVolumes({ filters });
  for (const { Name } of Volumes ?? []) {
    await docker.getVolume(Name).remove({ force: true }).catch(ignoreGone);
  }
}

function ignoreGone(error: { statusCode?: number }): void {
  if (error.statusCode !== 404 && error.statusCode !== 409) throw error;
}
