// tandem:docker:SharedUse: keeps the servers of a stack `shared` from being destroyed while environments use them.

import type { ResourceHandler } from "../plugin/handler.ts";
import { sameValue } from "../plugin/values.ts";
import type { DockerHost } from "./docker/docker-host.ts";
import { downCommand } from "./docker/down-command.ts";
import { environmentsIn } from "./docker/network-users.ts";

/** Has nothing of its own on the host. It depends on all servers, so a destroy comes to it before them. */
export const sharedUse: ResourceHandler<DockerHost> = {
  diff({ olds, news }) {
    const changes: Record<string, "update"> = {};
    for (const key of ["system", "environment", "networks"]) {
      if (!sameValue(olds[key] ?? null, news[key] ?? null)) changes[key] = "update";
    }
    return { changes };
  },
  create: ({ inputs }) => ({ id: `${String(inputs.system)}/${String(inputs.environment)}`, outputs: inputs }),
  read: ({ id, outputs, inputs }) => ({ id, outputs, inputs }),
  update: ({ inputs }) => inputs,
  async delete({ outputs }, ctx) {
    const docker = await ctx.client.docker();
    const networks = (outputs.networks ?? []) as string[];
    const using = await environmentsIn(docker, networks, String(outputs.environment));
    if (using.length === 0) return;
    const downs = using
      .flatMap((environment) => downCommand(outputs.system, environment) ?? [])
      .map((command) => `\`${command}\``);
    throw new Error(
      `${using.join(" and ")} ${using.length === 1 ? "uses" : "use"} the servers of ${String(outputs.environment)}; nothing ` +
        `was removed. First: ${downs.join(", ") || "take them down"}`,
    );
  },
};
