// tandem:redis:Keys: an environment's keys on a shared Redis server. They are data: deleting this deletes them.
import type Docker from "dockerode";
import type { CheckFailure, ResourceHandler } from "../../plugin/handler.ts";
import { sameValue } from "../../plugin/values.ts";
import { inspect } from "../docker/containers.ts";
import type { DockerHost } from "../docker/docker-host.ts";
import { deleteKeys, redisCommand, settleAdmin } from "./redis-cli.ts";
import { claim, type Owned, release } from "./redis-owners.ts";

/** What is wrong with a prefix. What would be a pattern in a key pattern must not be in one. */
export function prefixFailures(prefix: unknown): CheckFailure[] {
  if (typeof prefix !== "string" || /^[\w.-]+:$/.test(prefix)) return [];
  const reason = `'${prefix}' must be letters, digits, '_', '-' or '.', and end with one ':', such as 'staging:'.`;
  return [{ property: "prefix", reason }];
}

/** Makes nothing but the record of whose the keys are; they are deleted only with its data. */
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
  async create({ inputs }, ctx) {
    const { container, prefix, tenant } = inputs as Record<string, string>;
    await claim(await ctx.client.docker(), String(container), [keysOf(prefix)], String(tenant));
    return { id: String(prefix), outputs: inputs };
  },
  read: ({ id, outputs, inputs }) => ({ id, outputs, inputs }),
  update: ({ inputs }) => inputs,
  async delete({ outputs }, ctx) {
    const container = String(outputs.container);
    const docker = await ctx.client.docker();
    if ((await inspect(docker, container)) === undefined) return;
    await settleAdmin(docker, container);
    // A login may use any of them; a URL names 0, and an application may SELECT another.
    for (const database of await databasesWithKeys(docker, container)) {
      await deleteKeys(docker, container, database, String(outputs.prefix), ctx.signal);
    }
    await release(docker, container, keysOf(outputs.prefix));
  },
};

function keysOf(prefix: unknown): Owned {
  return { kind: "keys", name: String(prefix) };
}

/** Numbers of the databases that hold any key. */
async function databasesWithKeys(docker: Docker, container: string): Promise<number[]> {
  const info = String(await redisCommand(docker, container, ["INFO", "keyspace"]));
  return [...info.matchAll(/\bdb(\d+):keys=/g)].map(([, number]) => Number(number));
}
