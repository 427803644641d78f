// tandem:redis:Keys: an environment's keys on a shared Redis server. They are data: deleting this deletes them.
import type { CheckFailure, ResourceHandler } from "../lib/plugin/handler.ts";
import { sameValue } from "../lib/plugin/values.ts";
import { inspect } from "./containers.ts";
import type { DockerHost } from "./docker-host.ts";
import { redisCommand } from "./redis-cli.ts";

/** Keys that one step looks at. */
const STEP = "1000";

/** What is wrong with a prefix. What would be a pattern in a key pattern must not be in one. */
export function prefixFailures(prefix: unknown): CheckFailure[] {
  if (typeof prefix !== "string" || /^[\w.-]+:$/.test(prefix)) return [];
  const reason = `'${prefix}' must be letters, digits, '_', '-' or '.', and end with one ':', such as 'staging:'.`;
  return [{ property: "prefix", reason }];
}

/** Makes nothing: it stands for the keys, so that they have an owner and are deleted only with its data. */
export const redisKeys: ResourceHandler<DockerHost> = {
  check: ({ news }) => ({ inputs: news, failures: prefixFailures(news.prefix) }),
  diff({ olds, news }) {
    const changes: Record<string, "update" | "update-replace"> = {};
    for (const key of ["container", "prefix"]) {
      if (!sameValue(olds[key] ?? null, news[key] ?? null)) changes[key] = "update-replace";
    }
    if (!sameValue(olds.tenant ?? null, news.tenant ?? null)) changes.tenant = "update";
    return { changes };
  },
  create: ({ inputs }) => ({ id: String(inputs.prefix), outputs: inputs }),
  read: ({ id, outputs, inputs }) => ({ id, outputs, inputs }),
  update: ({ inputs }) => inputs,
  async delete({ outputs }, ctx) {
    const container = String(outputs.container);
    const docker = await ctx.client.docker();
    if ((await inspect(docker, container)) === undefined) return;
    for (let cursor = "0"; ; ) {
      const scan = ["SCAN", cursor, "MATCH", `${String(outputs.prefix)}*`, "COUNT", STEP];
      const [next, keys] = (await redisCommand(docker, container, scan)) as [string, string[]];
      if (keys.length > 0) await redisCommand(docker, container, ["UNLINK", ...keys]);
      cursor = String(next);
      if (cursor === "0") return;
      ctx.signal.throwIfAborted();
    }
  },
};
