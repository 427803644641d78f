// What all resources of Cloudflare have in common; each adds its table and its calls.
import type { CallContext, CheckFailure, ResourceHandler } from "../../../plugin/handler.ts";
import {
  checkTable,
  diffTable,
  inputsFromOutputs,
  previewTable,
  secretsOf,
  withDefaults,
} from "../../../plugin/property-table.ts";
import { type Properties, sameValue, UNKNOWN, type Value } from "../../../plugin/values.ts";
import type { Call, CloudflareApi, RequestOptions } from "../../../provider/cloudflare/api.ts";
import { describe, isGone } from "../../../provider/cloudflare/failures.ts";
import { create } from "./create.ts";
import { type Body, fromBody, toBody, type WireTable } from "./wire.ts";

/** One request to the API. */
export type Request<T> = (api: CloudflareApi, options: RequestOptions) => PromiseLike<T>;

/** One resource type. Properties that reach it are complete: defaults are filled in. */
export interface CloudflareResource {
  /** What it is, in words for messages. */
  readonly what: string;
  readonly table: WireTable;
  /** Names in an id to import, in their order, the resource's own last: `["accountId", "tunnelId"]`. */
  readonly idParts: readonly string[];
  /** Properties that Cloudflare derives from each other: a change of one makes the others unknown. */
  readonly tied?: readonly string[];
  /** What is wrong with inputs that are right one by one; may see unknowns. */
  check?(inputs: Properties): readonly CheckFailure[];
  /** The object by name, for messages. */
  nameOf(properties: Properties): string;
  /** Makes it; the answer holds its id. */
  create(properties: Properties, body: Body): Request<unknown>;
  /** Objects that an interrupted `create` may have made. @default the answer of `create` is not in doubt */
  candidates?(
    properties: Properties,
  ): (api: CloudflareApi, options: RequestOptions) => AsyncIterable<unknown>;
  read(id: string, properties: Properties): Request<unknown>;
  update(id: string, properties: Properties, body: Body): Request<unknown>;
  /** Absent where Cloudflare has no way to delete it: then only the state forgets it, as with the official plugin. */
  delete?(id: string, properties: Properties): Request<unknown>;
  /** The id in an answer. @default its `id` */
  idOf?(answer: Body, properties: Properties): string;
  /** Failures of a delete after which waiting helps. */
  isBusy?(error: unknown): boolean;
}

type Context = CallContext<CloudflareApi>;

/** How long what was made may be invisible, and how long a delete waits for what still uses it. In milliseconds. */
const VISIBLE_WITHIN = 30_000;
const FREE_WITHIN = 120_000;
/** Pause before something that isn't there is looked for again. */
const PAUSE = 1_000;

/** Makes a handler of a resource type. */
export function cloudflareResource(resource: CloudflareResource): ResourceHandler<CloudflareApi> {
  const { table } = resource;
  const idOf = resource.idOf ?? ((answer: Body) => String(answer.id));
  const call = (verb: string, properties: Properties, ctx: Context): Call => ({
    what: `${verb} ${resource.what} ${resource.nameOf(properties)}`,
    operation: ctx,
  });

  /** The object as Cloudflare has it now; undefined when it is gone. One look isn't enough to believe that. */
  async function look(id: string, properties: Properties, ctx: Context): Promise<Body | undefined> {
    const request = resource.read(id, properties);
    const about = call("read", properties, ctx);
    for (let missing = 0; missing < 2; missing++) {
      if (missing > 0) await ctx.client.clock.sleep(PAUSE, ctx.signal);
      try {
        const found = (await ctx.client.attempt(about, (options) => request(ctx.client, options))) as Body;
        return found && !found.deleted_at ? found : undefined;
      } catch (error) {
        if (!isGone(error)) throw describe(error, about.what);
      }
    }
    return undefined;
  }

  /** Waits until what was made can be seen: what depends on it would be refused before. */
  async function untilVisible(id: string, properties: Properties, ctx: Context): Promise<void> {
    const end = ctx.client.clock.now() + VISIBLE_WITHIN;
    while ((await look(id, properties, ctx)) === undefined) {
      if (ctx.client.clock.now() > end) {
        ctx.log("warning", `${resource.what} ${resource.nameOf(properties)} was made and can't be seen yet`);
        return;
      }
      ctx.status("waiting until Cloudflare shows it");
    }
  }

  const outputsOf = (properties: Properties, answer: unknown): Properties => {
    const outputs: Properties = {};
    const told = fromBody(table, answer);
    for (const [key, spec] of Object.entries(table)) {
      const stays = spec.address || spec.secret || spec.kept;
      const given = spec.output ? undefined : properties[key];
      outputs[key] = stays ? (given ?? told[key]) : told[key];
    }
    return outputs;
  };

  return {
    secretOutputs: secretsOf(table),
    check({ news }) {
      const { inputs, failures } = checkTable(table, news);
      return {
        inputs,
        failures: [...failures, ...(failures.length > 0 ? [] : (resource.check?.(inputs) ?? []))],
      };
    },
    diff({ olds, news }) {
      return { changes: diffTable(table, olds, news).changes };
    },
    preview({ inputs, olds }) {
      const outputs = previewTable(table, inputs, olds);
      for (const key of freed(resource, inputs, olds)) outputs[key] = UNKNOWN;
      return outputs;
    },
    async create({ inputs }, ctx) {
      const properties = withDefaults(table, inputs);
      const answer = await create(resource, properties, toBody(table, properties), ctx, (verb) =>
        call(verb, properties, ctx),
      );
      const id = idOf(answer, properties);
      await untilVisible(id, properties, ctx);
      return { id, outputs: outputsOf(properties, answer) };
    },
    async read({ id, outputs, inputs }, ctx) {
      const isImport = Object.keys(outputs).length === 0;
      const address = isImport ? parseId(resource, id) : { id, properties: outputs };
      const found = await look(address.id, address.properties, ctx);
      if (!found) return undefined;
      const now = outputsOf(secretsAndAddress(table, address.properties), found);
      const given = isImport ? inputsFromOutputs(table, now) : inputs;
      return { id: idOf(found, address.properties), outputs: now, inputs: given };
    },
    async update({ id, olds, inputs }, ctx) {
      const properties = withDefaults(table, { ...kept(resource, inputs, olds), ...inputs });
      const request = resource.update(id, properties, toBody(table, properties));
      const about = call("change", properties, ctx);
      const answer = await ctx.client.call(about, (options) => request(ctx.client, options));
      return outputsOf(properties, answer);
    },
    async delete({ id, outputs }, ctx) {
      if (!resource.delete) return;
      const request = resource.delete(id, outputs);
      const about = call("delete", outputs, ctx);
      const end = ctx.client.clock.now() + FREE_WITHIN;
      for (;;) {
        try {
          await ctx.client.attempt(about, (options) => request(ctx.client, options));
          return;
        } catch (error) {
          if (isGone(error)) return;
          if (!resource.isBusy?.(error) || ctx.client.clock.now() > end) throw describe(error, about.what);
          ctx.status("waiting until nothing uses it any more");
          await ctx.client.clock.sleep(5 * PAUSE, ctx.signal);
        }
      }
    },
  };
}

/** Properties that the inputs leave open and that a change of a tied one makes unknown. */
function freed({ tied = [] }: CloudflareResource, inputs: Properties, olds: Properties = {}): string[] {
  const moved = tied.some((key) => inputs[key] !== undefined && !sameValue(inputs[key], olds[key]));
  return moved ? tied.filter((key) => inputs[key] === undefined) : [];
}

/** What Cloudflare chose, which a change must repeat: a body says everything. */
function kept(resource: CloudflareResource, inputs: Properties, olds: Properties): Properties {
  const free = freed(resource, inputs, olds);
  const entries = Object.entries(resource.table).filter(
    ([key, spec]) => spec.computed && olds[key] !== undefined && !free.includes(key),
  );
  return Object.fromEntries(entries.map(([key]) => [key, olds[key]]));
}

/** Of the state, what no answer tells. */
function secretsAndAddress(table: WireTable, properties: Properties): Properties {
  const entries = Object.entries(properties).filter(([key]) => {
    const spec = table[key];
    return spec?.address || spec?.secret || spec?.kept;
  });
  return Object.fromEntries(entries);
}

function parseId(resource: CloudflareResource, id: string): { id: string; properties: Properties } {
  const names = resource.idParts;
  const parts = id.split("/");
  if (parts.length !== names.length || parts.some((part) => part === "")) {
    const form = names.map((name) => `<${name}>`).join("/");
    throw new Error(`the id to import must be ${form}, not "${id}"`);
  }
  const all = Object.fromEntries(names.map((name, i) => [name, parts[i]]));
  const own = names.at(-1) ?? "";
  const properties = Object.fromEntries(Object.entries(all).filter(([key]) => key in resource.table));
  return { id: String(all[own]), properties };
}

/** The property as text; empty when absent. */
export const str = (value: Value | undefined): string => (typeof value === "string" ? value : "");
