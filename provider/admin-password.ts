// tandem:postgres:AdminPassword: the administrator's password of a Postgres server, set from inside its container.

import type { CallContext, ResourceHandler } from "../toolchain/providers/shared/handler.ts";
import { type Properties, sameValue } from "../toolchain/providers/shared/values.ts";
import { exec, inspect } from "./containers.ts";
import type { DockerHost } from "./docker-host.ts";
import { scramVerifier } from "./scram.ts";

const COMMAND = [
  "psql",
  "--no-psqlrc",
  "--quiet",
  "--set",
  "ON_ERROR_STOP=1",
  "--dbname",
  "postgres",
  "--file",
  "-",
];

/** Peer authentication lets the container's own user in; the password goes by stdin, hashed as the server keeps it. */
async function setPassword(inputs: Properties, ctx: CallContext<DockerHost>): Promise<Properties> {
  const docker = await ctx.client.docker();
  const role = String(inputs.username).replaceAll('"', '""');
  const verifier = scramVerifier(String(inputs.password));
  const sql = `ALTER ROLE "${role}" PASSWORD '${verifier}';\n`;
  const command = [...COMMAND, "--username", String(inputs.username)];
  const { exitCode, output } = await exec(docker, String(inputs.containerId), command, sql);
  if (exitCode !== 0) throw new Error(`Postgres did not take the administrator's password: ${output.trim()}`);
  return inputs;
}

export const adminPassword: ResourceHandler<DockerHost> = {
  diff({ olds, news }) {
    const changes: Record<string, "update"> = {};
    for (const key of ["containerId", "username", "password"]) {
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
