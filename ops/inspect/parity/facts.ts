// A resolved stack as facts: one path for each thing that can be the same or different, with its value as text.
import { types } from "../../../lib/resource-types.ts";
import { type PlannedResource, type ResolvedStack, UNKNOWN } from "./resolved.ts";

/** Values by path, such as `Container:postgres-server.memory`; undefined is a value that isn't known yet. */
export type Facts = ReadonlyMap<string, string | undefined>;

/** Bookkeeping of the engine and of providers among the inputs, and what follows from ids and fingerprints. */
const NO_FACTS = new Set([
  "__defaults",
  "__internal",
  "containerId",
  "gatewayId",
  "configHash",
  "tandem.files",
]);
/** Where a service names its secrets. */
const SERVICE_SECRETS = /^AppService:[^.]+\.secrets$/;
/** Resources that say nothing by themselves. */
const NO_RESOURCES = new Set([types.stack]);

/** All facts of a stack. */
export function factsOf(stack: ResolvedStack, naming: (text: string) => string): Facts {
  const facts = new Map<string, string | undefined>();
  for (const [key, value] of Object.entries(stack.settings)) flatten(`setting:${key}`, value, facts);
  for (const resource of stack.resources) {
    if (NO_RESOURCES.has(resource.type)) continue;
    const path = pathOf(resource, naming);
    facts.set(path, "there");
    flatten(path, ownInputs(resource), facts);
    if (resource.protect) facts.set(`${path}.protect`, "true");
  }
  return facts;
}

/** What a resource says that no other one does: the routes of a release have resources of their own. */
function ownInputs({ type, inputs }: PlannedResource): PlannedResource["inputs"] {
  if (type !== types.takeOver) return inputs;
  const { routes, passwords, ...own } = inputs;
  return own;
}

function pathOf({ type, name }: PlannedResource, naming: (text: string) => string): string {
  const kind = type.startsWith("pulumi:providers:") ? "Provider" : type.split(":").at(-1);
  return `${kind}:${naming(name)}`;
}

function flatten(path: string, value: unknown, facts: Map<string, string | undefined>): void {
  if (value === undefined || value === null) return;
  if (Array.isArray(value)) {
    flattenList(path, value, facts);
  } else if (typeof value === "object") {
    for (const [key, part] of Object.entries(value)) {
      if (!NO_FACTS.has(key)) flatten(`${path}.${key}`, part, facts);
    }
  } else {
    const text = String(value);
    facts.set(path, text.includes(UNKNOWN) ? undefined : text);
  }
}

/** A list of texts is one value, but variables, secrets and labels count by their names. */
function flattenList(path: string, list: readonly unknown[], facts: Map<string, string | undefined>): void {
  if (list.includes(UNKNOWN)) {
    facts.set(path, undefined);
  } else if (list.some((item) => typeof item === "object")) {
    flatten(path, Object.fromEntries(list.map((item, index) => named(item, index))), facts);
  } else {
    const variables = variablesIn(path, list);
    if (variables.length === 0) facts.set(path, list.join(" "));
    for (const [name, value] of variables) facts.set(`${path}.${name}`, value);
  }
}

/** A label is known by its name, anything else by its place. */
function named(item: unknown, index: number): [string, unknown] {
  const { label, value } = (item ?? {}) as { label?: unknown; value?: unknown };
  return typeof label === "string" ? [label, value] : [String(index), item];
}

/** What a list says by name: a container its variables, a service its secrets. */
function variablesIn(path: string, list: readonly unknown[]): [string, string][] {
  if (path.endsWith(".envs")) return list.flatMap((item) => variable(String(item)) ?? []);
  return SERVICE_SECRETS.test(path) ? list.map((name) => [String(name), "there"]) : [];
}

function variable(line: string): [string, string][] | undefined {
  const [, name, value] = /^(\w+)=(.*)$/s.exec(line) ?? [];
  return name === undefined || value === undefined ? undefined : [[name, value]];
}
