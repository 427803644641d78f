// For tests: what Pulumi has published about a package, to hold our own tables against. The SDKs in node_modules are
// always there; the official package schemas only where somebody has put them beside the repository.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import type { PropertyTable } from "../../plugin/property-table.ts";

/** The part of a package schema that the tests look at. */
export interface PublishedResource {
  readonly properties: Readonly<Record<string, PublishedProperty>>;
  readonly inputProperties: Readonly<Record<string, PublishedProperty>>;
  readonly requiredInputs?: readonly string[];
}

interface PublishedProperty {
  readonly type?: string;
  readonly items?: { readonly type?: string; readonly $ref?: string };
  readonly secret?: boolean;
  readonly willReplaceOnChanges?: boolean;
}

const here = import.meta.dirname;
const schemas = resolve(here, "../../../shared/schemas");

/** Resources of the official schema by token; undefined where it isn't at hand. */
export function publishedSchema(name: string): Readonly<Record<string, PublishedResource>> | undefined {
  const file = join(schemas, `${name}.json`);
  if (!existsSync(file)) return undefined;
  return (JSON.parse(readFileSync(file, "utf8")) as { resources: Record<string, PublishedResource> })
    .resources;
}

/** Names of the inputs and outputs of a resource in an SDK, read from its type declarations. */
export function sdkProperties(
  sdk: string,
  token: string,
): { inputs: string[]; required: string[]; outputs: string[] } {
  const [, module = "", type = ""] = token.split(":");
  const file = createRequire(import.meta.url).resolve(`${sdk}/${module.split("/")[1]}.d.ts`);
  const text = readFileSync(file, "utf8");
  const args = new RegExp(`export interface ${type}Args \\{\\n(.*?)\\n\\}`, "s").exec(text)?.[1] ?? "";
  const declared = (block: string, pattern: RegExp) =>
    [...block.matchAll(pattern)].map((match) => match[1] ?? "");
  return {
    inputs: declared(args, /^ {4}(\w+)\??: /gm),
    required: declared(args, /^ {4}(\w+): /gm),
    outputs: declared(text, /^ {4}readonly (\w+): pulumi\.Output</gm),
  };
}

/** Names in a table: inputs, those that must be given, and everything. */
export function tableNames(table: PropertyTable): { inputs: string[]; required: string[]; all: string[] } {
  const entries = Object.entries(table);
  const names = (list: typeof entries) => list.map(([key]) => key).sort();
  return {
    inputs: names(entries.filter(([, spec]) => !spec.output)),
    required: names(entries.filter(([, spec]) => spec.required)),
    all: names(entries),
  };
}

/** Type of a property in the words of a property table. */
export function publishedType({ type, items }: PublishedProperty): string {
  if (type === "array") return items?.$ref ? "objects" : "strings";
  return type === "object" ? "map" : (type ?? "");
}
