// Which environments have containers in the networks of shared servers.

import type Docker from "dockerode";
import { labels } from "../../lib/docker/labels.ts";

/** Environments other than `own` with containers in one of the networks, also stopped ones; sorted. */
export async function environmentsIn(
  docker: Docker,
  networks: readonly string[],
  own: string,
): Promise<string[]> {
  // An empty filter would match every container.
  if (networks.length === 0) return [];
  const containers = await docker.listContainers({
    all: true,
    filters: JSON.stringify({ network: networks }),
  });
  const names = containers.map(
    ({ Labels, Names }) => Labels[labels.environment] ?? Names[0] ?? "a container",
  );
  return [...new Set(names)].filter((name) => name !== own).sort();
}
