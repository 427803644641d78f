// tandem:postgres:Extension: an extension in a database on a shared Postgres server.
//
// Only the server's administrator may add one that isn't marked as trusted, and an environment's own isn't that.
import type Docker from "dockerode";
import type { ResourceHandler } from "../../plugin/handler.ts";
import { type Properties, sameValue } from "../../plugin/values.ts";
import { inspect } from "../docker/containers.ts";
import type { DockerHost } from "../docker/docker-host.ts";
import { whileClosed } from "./closed-database.ts";
import { identifier, literal, psql, psqlJson } from "./psql.ts";

/** Where the extension is made: nobody but the administrator has put anything there. */
const MAKING = "tandem_extension";
const TARGET = "public";

/** Version of the extension; undefined where it isn't, or the database isn't. */
async function installed(docker: Docker, properties: Properties): Promise<string | undefined> {
  const container = String(properties.container);
  const database = String(properties.database);
  const there = `SELECT count(*) FROM pg_database WHERE datname = ${literal(database)};`;
  if ((await psql(docker, container, there)) !== "1") return undefined;
  const sql = `SELECT extversion FROM pg_extension WHERE extname = ${literal(String(properties.extension))};`;
  return (await psql(docker, container, sql, { database })) || undefined;
}

/** What the server knows of an extension. */
interface ExtensionFacts {
  name: string;
  /** Whether it can be moved to another schema once it is made. */
  movable: boolean;
  /** Whether the database has it. */
  installed: boolean;
  /** Extensions that it needs. */
  requires: string[];
}

/** The extension and those that it needs, these first. */
async function plan(docker: Docker, at: Place, name: string): Promise<ExtensionFacts[]> {
  const sql = `SELECT json_build_object('name', e.name, 'movable', v.relocatable, 'requires', coalesce(v.requires, '{}'),
      'installed', e.installed_version IS NOT NULL)
    FROM pg_available_extensions e JOIN pg_available_extension_versions v
      ON v.name = e.name AND v.version = coalesce(e.installed_version, e.default_version) WHERE e.name = ${literal(name)};`;
  const facts = await psqlJson<ExtensionFacts>(docker, at.container, sql, { database: at.database });
  if (facts === undefined) throw new Error(`the server has no files of '${name}'`);
  const needed: ExtensionFacts[] = [];
  for (const other of facts.requires) needed.push(...(await plan(docker, at, other)));
  return [...needed.filter((one) => one.name !== name), facts];
}

/** Functions and operators in the schema that no extension brought along. */
function othersQuery(): string {
  const count = (catalog: string, schema: string) => `(SELECT count(*) FROM ${catalog} o
    JOIN pg_namespace n ON n.oid = o.${schema} WHERE n.nspname = ${literal(TARGET)} AND NOT EXISTS (SELECT FROM pg_depend d
      WHERE d.classid = '${catalog}'::regclass AND d.objid = o.oid AND d.deptype = 'e'))`;
  return `SELECT ${count("pg_proc", "pronamespace")} + ${count("pg_operator", "oprnamespace")};`;
}

interface Place {
  container: string;
  database: string;
}

/**
 * Makes an extension. Its script runs as the server's superuser, with the names of the schema that it is made in and of
 * those of the extensions that it needs: where a tenant may make functions, it would call a tenant's. So all of them are
 * together in an empty schema while it is made, and moved afterwards. One that can't be moved is made in its place, while
 * nobody else is in the database, and only if nothing of a tenant's is there.
 */
async function make(docker: Docker, at: Place, name: string): Promise<void> {
  const { container, database } = at;
  const all = await plan(docker, at, name);
  if (all.at(-1)?.installed) return;
  const fixed = all.filter(({ movable }) => !movable);
  const schema = identifier(fixed.length === 0 ? MAKING : TARGET);
  const move = (one: ExtensionFacts, to: string) =>
    `ALTER EXTENSION ${identifier(one.name)} SET SCHEMA ${identifier(to)};`;
  const make = (one: ExtensionFacts) => `CREATE EXTENSION ${identifier(one.name)} SCHEMA ${schema};`;
  if (fixed.length === 0) {
    const statements = [
      "BEGIN;",
      `CREATE SCHEMA ${schema};`,
      ...all.map((one) => (one.installed ? move(one, MAKING) : make(one))),
      ...all.map((one) => move(one, TARGET)),
      `DROP SCHEMA ${schema};`,
      "COMMIT;",
    ];
    await psql(docker, container, statements.join("\n"), { database });
    return;
  }
  await whileClosed(docker, { containerId: container, name: database }, async () => {
    if ((await psql(docker, container, othersQuery(), { database })) !== "0") {
      throw new Error(
        `its script looks for names in the schema '${TARGET}', which has functions or operators of its own; move those to ` +
          "another schema first",
      );
    }
    const statements = all.filter((one) => !one.installed).map(make);
    await psql(docker, container, statements.join("\n"), { database });
  });
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
      await make(docker, { container: String(container), database: String(database) }, String(name));
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
