// tandem:postgres:AdminPassword: the administrator's password of a Postgres server, and settings that the server is given
// while it runs, set from inside its container.

import { scramVerifier } from "../../lib/scram.ts";
import type { CallContext, ResourceHandler } from "../../plugin/handler.ts";
import { type Properties, sameValue } from "../../plugin/values.ts";
import { inspect } from "../docker/containers.ts";
import type { DockerHost } from "../docker/docker-host.ts";
import { identifier, literal, psql } from "./psql.ts";

/** Peer authentication lets the container's own user in; the password goes by stdin, hashed as the server keeps it. */
async function setPassword(inputs: Properties, ctx: CallContext<DockerHost>): Promise<Properties> {
  const docker = await ctx.client.docker();
  const verifier = scramVerifier(String(inputs.password));
  const username = String(inputs.username);
  const settings = Object.entries((inputs.settings ?? {}) as Record<string, string>);
  const sql = [
    `ALTER ROLE ${identifier(username)} PASSWORD ${literal(verifier)};`,
    // Kept in the data folder. One that an earlier version gave and this one doesn't stays.
    ...settings.map(([name, value]) => `ALTER SYSTEM SET ${identifier(name)} TO ${literal(value)};`),
    ...(settings.length === 0 ? [] : ["SELECT WHERE NOT pg_reload_conf();"]),
  ].join("\n");
  try {
    await psql(docker, String(inputs.containerId), sql, { username });
  } catch (error) {
    throw new Error(
      `Postgres did not take the administrator's password and its settings: ${(error as Error).message}`,
    );
  }
  return inputs;
}

export const adminPassword: ResourceHandler<DockerHost> = {
  diff({ olds, news }) {
    const changes: Record<string, "update"> = {};
    for (const key of ["containerId", "username", "password", "settings"]) {
      if (!sameValue(olds[key] ?? null, news[key] ?? null)) changes[key] = "update";
    }
    return { changes };
  },
  async create({ inputs }, ctx) {
    return { id: String(inputs.username), outputs: await setPassword(inputs, ctx) };
  },
  async read({ id, outputs, inputs }, ctx) {
    const facts = await inspect(await ctx.client.docker(), String(outputs.containerId));
    return facts === undefined ? undefined : { id, outputs, inputs };
  },
  update: ({ inputs }, ctx) => setPassword(inputs, ctx),
  // The server goes with its container; there is nothing to take back.
  delete: () => undefined,
};
