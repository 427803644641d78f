// tandem:postgres:Extension: an extension in a database on a shared Postgres server.
//
// Only the server's administrator may add one that isn't marked as trusted, and an environment's own isn't that.
import type Docker from "dockerode";
import type { ResourceHandler } from "../lib/plugin/handler.ts";
import { type Properties, sameValue } from "../lib/plugin/values.ts";
import { inspect } from "./containers.ts";
import type { DockerHost } from "./docker-host.ts";
import { identifier, literal, psql } from "./psql.ts";

/** Version of the extension; undefined where it isn't, or the database isn't. */
async function installed(docker: Docker, properties: Properties): Promise<string | undefined> {
  const container = String(properties.container);
  const database = String(properties.database);
  const there = `SELECT count(*) FROM pg_database WHERE datname = ${literal(database)};`;
  if ((await psql(docker, container, there)) !== "1") return undefined;
  const sql = `SELECT extversion FROM pg_extension WHERE extname = ${literal(String(properties.extension))};`;
  return (await psql(docker, container, sql, { database })) || undefined;
}

export const extension: ResourceHandler<DockerHost> = {
  diff({ olds, news }) {
    const changes: Record<string, "update-replace"> = {};
    for (const key of ["container", "database", "extension"]) {
      if (!sameValue(olds[key] ?? null, news[key] ?? null)) changes[key] = "update-replace";
    }
    return { changes };
  },
  async create({ inputs }, ctx) {
    const { container, database, extension: name } = inputs as Record<string, string>;
    const docker = await ctx.client.docker();
    try {
      const sql = `CREATE EXTENSION IF NOT EXISTS ${identifier(String(name))} SCHEMA public CASCADE;`;
      await psql(docker, String(container), sql, { database: String(database) });
    } catch (error) {
      throw new Error(
        `The extension '${name}' can't be added to ${database}: ${(error as Error).message}. Is it in the image of ${container}?`,
      );
    }
    return { id: `${database}.${name}`, outputs: inputs };
  },
  async read({ id, outputs, inputs }, ctx) {
    const version = await installed(await ctx.client.docker(), outputs);
    return version === undefined ? undefined : { id, outputs, inputs };
  },
  async delete({ outputs }, ctx) {
    const { container, database, extension: name } = outputs as Record<string, string>;
    const docker = await ctx.client.docker();
    if ((await inspect(docker, String(container))) === undefined) return;
    if ((await installed(docker, outputs)) === undefined) return;
    await psql(docker, String(container), `DROP EXTENSION ${identifier(String(name))};`, {
      database: String(database),
    });
  },
};
