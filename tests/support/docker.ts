// Docker for tests: the client, names that nobody else has, and removal of what a test made.
import { randomBytes } from "node:crypto";
import Docker from "dockerode";
import pRetry from "p-retry";

/** Client of this machine's Docker. */
export const docker = new Docker({ socketPath: "/var/run/docker.sock" });

/** A name that no other run has. */
export function uniqueName(prefix: string): string {
  return `${prefix}${randomBytes(3).toString("hex")}`;
}

/**
 * An image of this repository that is on the machine.
 *
 * @throws Error where there is none: a suite that lacks what it tests must fail, and not be skipped
 */
export async function requireImage(repository: string): Promise<string> {
  const images = await docker.listImages({ filters: JSON.stringify({ reference: [repository] }) });
  const image = images.flatMap(({ RepoTags }) => RepoTags ?? []).at(0);
  if (image === undefined) throw new Error(`no image of ${repository}: run this by ./tandem test <file>`);
  return image;
}

/** Removes every container, network and volume of a Docker that carries the label, in this order. */
export async function removeLabelled(label: string, host: Docker = docker): Promise<void> {
  const filters = JSON.stringify({ label: [label] });
  for (const { Id } of await host.listContainers({ all: true, filters })) {
    const remove = () => host.getContainer(Id).remove({ force: true, v: true }).catch(ignoreGone);
    // A daemon that still unpacks files for a run that was killed can't remove the file system for a moment.
    await pRetry(remove, { retries: 5, minTimeout: 500, factor: 1 });
  }
  for (const { Id } of await host.listNetworks({ filters })) {
    await host.getNetwork(Id).remove().catch(ignoreGone);
  }
  const { Volumes } = await host.listVolumes({ filters });
  for (const { Name } of Volumes ?? []) {
    await host.getVolume(Name).remove({ force: true }).catch(ignoreGone);
  }
}

function ignoreGone(error: { statusCode?: number }): void {
  if (error.statusCode !== 404 && error.statusCode !== 409) throw error;
}
