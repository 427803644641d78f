// What of an environment runs and could be billed: its containers as Docker limits them, its managed databases from its state.

import type Docker from "dockerode";
import { types } from "../../../lib/resource-types.ts";
import { limitsOf } from "../../engine/container-limits.ts";
import { found, labelFilter, labels } from "../../engine/docker-client.ts";
import type { Deployment, StateResource } from "../../engine/state/backend.ts";
import type { Usage } from "./cost.ts";

/**
 * Containers of an environment that run now, and its databases on servers outside of it. A container without a limit
 * counts as one of no CPU and no memory: there is no telling what it would take.
 */
export async function usageOf(
  docker: Docker,
  system: string,
  environment: string,
  deployment: Deployment | undefined,
): Promise<Usage> {
  const listed = await docker.listContainers({ filters: labelFilter(system, environment) });
  const containers = await Promise.all(
    listed.map(async ({ Id, Labels }) => {
      // A container may have gone since the list was made.
      const info = await found(docker.getContainer(Id).inspect());
      return info === undefined ? [] : [{ component: Labels[labels.component] ?? "", ...limitsOf(info) }];
    }),
  );
  return { containers: containers.flat(), managedDatabases: managedDatabases(deployment?.resources ?? []) };
}

/** Databases whose component has neither a server of its own nor an administrator on one of the stack `shared`. */
export function managedDatabases(resources: readonly StateResource[]): number {
  const present = resources.filter((resource) => resource.delete !== true);
  const served = new Set(
    present
      .filter(({ type }) => /^tandem:(index:PostgresServer|postgres:EnvironmentAdmin)$/.test(type))
      .map(({ parent }) => parent),
  );
  // Several databases may lie on one server of the program's, whose provider makes them.
  const isOwn = ({ provider = "" }: StateResource) => provider.includes("tandem:index:PostgresServer$");
  return present.filter((one) => one.type === types.database && !served.has(one.parent) && !isOwn(one))
    .length;
}
