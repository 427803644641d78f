// What all resources on a Postgres server have in common; each adds its table and its SQL.
import { autoname } from "../../../plugin/autoname.ts";
import type { CheckFailure, ResourceHandler } from "../../../plugin/handler.ts";
import {
  checkTable,
  diffTable,
  inputsFromOutputs,
  type PropertyTable,
  previewTable,
  secretsOf,
  withDefaults,
} from "../../../plugin/property-table.ts";
import { type Properties, sameValue, type Value } from "../../../plugin/values.ts";
import type { PgServer } from "../../../provider/postgres/server.ts";

/** A read that found something: the properties that the server knows, to be laid over those in the state. */
export type Found = Properties;

/** One resource type on a Postgres server. Properties that reach it are complete: defaults are filled in. */
export interface PgResource {
  readonly table: PropertyTable;
  /** Whether a missing name is made up from the logical one. @default false */
  readonly autonamed?: boolean;
  /** What is wrong with inputs that are right one by one; may see unknowns. */
  check?(inputs: Properties): readonly CheckFailure[];
  /** The resource's id. `database` is the one of the provider's settings. */
  id(properties: Properties, database: string): string;
  /** The properties that an id tells, for an import; throws when the id has another form. @default no import */
  fromId?(id: string): Properties;
  /** Whether a replacement meets the old resource's place, so that the old one must go first. */
  readonly deleteBeforeReplace: "always" | "same id";
  create(server: PgServer, properties: Properties): Promise<void>;
  /** Reads what the properties (state, or parts of an id) stand for; undefined when it isn't there. */
  read(server: PgServer, properties: Properties): Promise<Found | undefined>;
  /** Brings the resource from the old properties to the new ones. */
  update(server: PgServer, properties: Properties, olds: Properties, changed: Changed): Promise<void>;
  delete(server: PgServer, properties: Properties): Promise<void>;
}

/** Says whether a property differs between the old and the new state. */
export type Changed = (key: string) => boolean;

/** Makes a handler of a resource type. */
export function pgResource(resource: PgResource): ResourceHandler<PgServer> {
  const { table } = resource;

  /** What the server says after a change. */
  async function readBack(server: PgServer, properties: Properties): Promise<Properties> {
    const found = await resource.read(server, properties);
    if (!found) throw new Error("the server took the change, and yet what it made can't be found");
    return { ...properties, ...found };
  }

  return {
    secretOutputs: secretsOf(table),
    check(request, ctx) {
      const news: Properties = { ...request.news };
      if (resource.autonamed) news.name = autoname(request, ctx.name);
      const { inputs, failures } = checkTable(table, news);
      return {
        inputs,
        failures: [...failures, ...(failures.length === 0 ? (resource.check?.(inputs) ?? []) : [])],
      };
    },
    diff({ olds, news }, ctx) {
      const { changes } = diffTable(table, olds, news);
      const database = ctx.client.settings.database;
      const samePlace =
        resource.deleteBeforeReplace === "always" ||
        resource.id({ ...olds, ...news }, database) === resource.id(olds, database);
      return { changes, deleteBeforeReplace: samePlace };
    },
    preview: ({ inputs, olds }) => previewTable(table, inputs, olds),
    async create({ inputs }, ctx) {
      const server = ctx.client;
      return server.during(ctx, async () => {
        const properties = withDefaults(table, inputs);
        await resource.create(server, properties);
        const outputs = await readBack(server, properties);
        return { id: resource.id(outputs, server.settings.database), outputs };
      });
    },
    async read({ id, outputs, inputs }, ctx) {
      const server = ctx.client;
      return server.during(ctx, async () => {
        const isImport = Object.keys(outputs).length === 0;
        const known = isImport ? withDefaults(table, parseId(resource, id)) : outputs;
        const found = await resource.read(server, known);
        if (!found) return undefined;
        const now = { ...known, ...found };
        return {
          id: resource.id(now, server.settings.database),
          outputs: now,
          inputs: isImport ? inputsFromOutputs(table, now) : inputs,
        };
      });
    },
    async update({ olds, inputs }, ctx) {
      const server = ctx.client;
      return server.during(ctx, async () => {
        const properties = withDefaults(table, inputs);
        const computed = Object.entries(table).flatMap(([key, spec]) =>
          spec.computed && properties[key] === undefined && olds[key] !== undefined
            ? [[key, olds[key]] as const]
            : [],
        );
        const next = { ...properties, ...Object.fromEntries(computed) };
        const before = withDefaults(table, olds);
        await resource.update(
          server,
          next,
          before,
          (key) => !sameProperty(table, key, before[key], next[key]),
        );
        return readBack(server, next);
      });
    },
    async delete({ outputs }, ctx) {
      const server = ctx.client;
      await server.during(ctx, () => resource.delete(server, withDefaults(table, outputs)));
    },
  };
}

function parseId(resource: PgResource, id: string): Properties {
  if (resource.fromId) return resource.fromId(id);
  throw new Error(
    "this type can't be imported, with the official plugin neither: declare it in the program; granting again what is granted already changes nothing",
  );
}

function sameProperty(
  table: PropertyTable,
  key: string,
  a: Value | undefined,
  b: Value | undefined,
): boolean {
  const same = table[key]?.same;
  return same ? same(a, b) : sameValue(a ?? null, b ?? null);
}

/** Reads an id of the form `<database>.<name>`; a database's own name may hold dots, the other can't. */
export function parseDottedId(id: string, what: string): { database: string; name: string } {
  const dot = id.lastIndexOf(".");
  if (dot <= 0 || dot === id.length - 1) {
    throw new Error(`the id to import must be <database>.<${what}>, not "${id}"`);
  }
  return { database: id.slice(0, dot), name: id.slice(dot + 1) };
}

/** The property as text; empty when absent. */
export const str = (value: Value | undefined): string => (typeof value === "string" ? value : "");

/** The property as a list of texts; empty when absent. */
export const list = (value: Value | undefined): string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
