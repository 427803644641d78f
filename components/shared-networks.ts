// The networks of a stack of shared servers: one for each environment that it serves.
import { Network } from "@pulumi/docker/network.js";
import type * as pulumi from "@pulumi/pulumi";
import { SharedUse } from "../provider/shared-sdk.ts";
import { type Environment, labelList } from "./environment.ts";

/** Networks by the environment that they serve. */
export type SharedNetworks = Record<string, pulumi.Output<string>>;

/**
 * Makes a network for each environment. A shared server joins all of them and an environment's containers only their
 * own, so two environments never have a network in common.
 */
export function sharedNetworks(env: Environment, environments: readonly string[]): SharedNetworks {
  return Object.fromEntries(
    environments.map((environment) => {
      const network = new Network(
        `${environment}-network`,
        {
          name: env.nameOnHost(env.name(environment)),
          driver: "bridge",
          labels: labelList(env.labels("network")),
        },
        // As with the environment's own network: what the daemon fills in would show as a change.
        { parent: env, deleteBeforeReplace: true, ignoreChanges: ["ipamConfigs", "labels", "options"] },
      );
      return [environment, network.name];
    }),
  );
}

/**
 * Refuses to destroy the shared servers while containers of an environment are in their networks. It comes after all of
 * them, and so goes before all of them.
 */
export function guardSharedUse(
  env: Environment,
  networks: SharedNetworks,
  servers: readonly pulumi.Resource[],
): void {
  new SharedUse(
    "shared-use",
    { system: env.system, environment: env.environment, networks: Object.values(networks) },
    { parent: env, dependsOn: [...servers] },
  );
}
