// Guards on variables that a stack gives its services: what no setting may take from another environment, no variable may name.
import { literally } from "../../lib/literally.ts";
import { closest } from "../settings/closest.ts";
import { type Settings, SHARED_STACK, type SystemSettings, type ValuesOf } from "../settings/define.ts";
import { type Issue, type Path, remove, set } from "../settings/issue.ts";
import { metaOf } from "../settings/kind.ts";
import { isMap } from "../settings/structures.ts";
import type { GuardedStack } from "./guards.ts";
import type { Sibling } from "./siblings.ts";
import { structured } from "./stack-keys.ts";
import { hostnamesOf } from "./values.ts";

/** Key under which a stack names variables, as `role.NAME`, that may hold what another environment has. */
export const SHARED_VARIABLES_KEY = "tandem:sharedVariables";

/** A variable that a stack gives a service. */
interface Variable {
  path: Path;
  name: string;
  /** Undefined for a secret one. */
  value: string | undefined;
}

/** Something of another environment, and how it is found in a text. */
interface Thing {
  /** As the message names it: `theoracle.example.com, the hostname of production`. */
  words: string;
  isIn(text: string, name: string): boolean;
}

/** The variables that a stack says may hold what another environment has; empty where it says nothing of use. */
export function sharedVariables(foreign: ReadonlyMap<string, unknown>): string[] {
  const listed = structured(foreign.get(SHARED_VARIABLES_KEY));
  return Array.isArray(listed) ? listed.map(String) : [];
}

/** How a stack names a variable there. */
export function sharedName([, role, name]: Path): string {
  return `${role}.${name}`;
}

/** Everything that a guard refuses in a stack's variables. */
export function variableIssues<K extends Settings>(
  system: SystemSettings<K>,
  values: Partial<ValuesOf<K>>,
  { project, foreign }: GuardedStack,
  siblings: readonly Sibling<K>[],
): Issue[] {
  const variables = variablesOf(system.keys, values);
  const shared = sharedVariables(foreign);
  const others = siblings.filter(({ stack }) => stack !== SHARED_STACK);
  const things = others.flatMap((sibling) => thingsOf(system, project, sibling));
  return [
    ...listIssues(foreign, variables),
    ...variables.flatMap(({ path, name, value }): Issue[] => {
      const thing = value === undefined ? undefined : things.find(({ isIn }) => isIn(value, name));
      if (thing === undefined || shared.includes(sharedName(path))) return [];
      const reason = `names ${thing.words}; if that is meant, ${SHARED_VARIABLES_KEY} says so with ${sharedName(path)}`;
      return [{ problem: "other-environment", path, reason, fix: [remove(path)] }];
    }),
  ];
}

function variablesOf<K extends Settings>(keys: K, values: Partial<ValuesOf<K>>): Variable[] {
  return Object.entries(keys).flatMap(([key, { schema }]) => {
    const byRole: unknown = metaOf(schema).variables && values[key];
    if (!isMap(byRole)) return [];
    return Object.entries(byRole).flatMap(([role, named]) =>
      Object.entries(isMap(named) ? named : {}).map(([name, value]) => ({
        path: [key, role, name],
        name,
        value: typeof value === "string" ? value : undefined,
      })),
    );
  });
}

/** A word for a variable that there isn't hides the next mistake. */
function listIssues(foreign: ReadonlyMap<string, unknown>, variables: readonly Variable[]): Issue[] {
  const listed = structured(foreign.get(SHARED_VARIABLES_KEY)) ?? [];
  if (!Array.isArray(listed)) {
    const path = [SHARED_VARIABLES_KEY];
    return [{ problem: "wrong-type", path, reason: "is no list of variables", fix: [remove(path)] }];
  }
  const known = variables.map(({ path }) => sharedName(path));
  return listed.flatMap((entry, index): Issue[] => {
    const word = String(entry);
    if (known.includes(word)) return [];
    const near = closest(word, known);
    const hint = near === undefined ? "" : `; did you mean ${near}?`;
    const path = [SHARED_VARIABLES_KEY, index];
    const fix = [near === undefined ? remove(path) : set(near, path)];
    return [{ problem: "unknown-key", path, reason: `${word} is no variable of this stack${hint}`, fix }];
  });
}

function thingsOf<K extends Settings>(
  system: SystemSettings<K>,
  project: string,
  { stack, values, listeners }: Sibling<K>,
): Thing[] {
  const hosts = [...hostnamesOf(system, values), ...hostsIn(system, values)].map(([key, host]): Thing => {
    const pattern = hostPattern(host);
    return { words: `${host}, the ${key} of ${stack}`, isIn: (text) => pattern.test(text) };
  });
  const own = Object.entries(system.keys).flatMap(([key, setting]): Thing[] => {
    const value: unknown = values[key];
    if (!setting.unique || typeof value !== "string" || metaOf(setting.schema).kind === "hostname") return [];
    return [{ words: `${value}, the ${key} of ${stack}`, isIn: (text) => holdsName(text, value) }];
  });
  const ports = listeners.map(
    ({ key, port, address }): Thing => ({
      words: `port ${port}, the ${key} of ${stack}`,
      isIn: (text, name) => holdsPort(text, name, port, address),
    }),
  );
  const prefix = new RegExp(`(?<![\\w-])${literally(project)}[_-]${literally(stack)}(?![A-Za-z0-9])`);
  const sql = new RegExp(
    `(?<![\\w-])${literally(`${project}_${stack}`.replaceAll("-", "_"))}(?![A-Za-z0-9])`,
  );
  const named = {
    words: `something of ${stack} by its name`,
    isIn: (text: string) => prefix.test(text) || sql.test(text),
  };
  return [...hosts, ...own, ...ports, named];
}

/** Hosts inside settings whose identity is a part of them, such as a managed database server's. */
function hostsIn<K extends Settings>(
  { keys }: SystemSettings<K>,
  values: Partial<ValuesOf<K>>,
): [string, string][] {
  return Object.entries(keys).flatMap(([key, { identity, identityAt }]): [string, string][] => {
    const value: unknown = values[key];
    if (value === undefined || identityAt === undefined || identity?.(value as never) === undefined)
      return [];
    const host = identityAt.path.reduce<unknown>(
      (inner, step) => (isMap(inner) ? inner[step] : undefined),
      value,
    );
    return typeof host === "string" ? [[[key, ...identityAt.path].join("."), host.toLowerCase()]] : [];
  });
}

/** A hostname by itself or in a URL; not the end or beginning of another, and not the domain of a mail address. */
function hostPattern(host: string): RegExp {
  return new RegExp(`(?:(?<![\\w.@-])|(?<=://[^/\\s@]*@))${literally(host)}(?![\\w-]|\\.\\w)`, "i");
}

/**
 * A name that is one environment's own, such as a database's. In the midst of a text only one that nobody writes by
 * chance: of several parts, between the marks that part a URL, a list or a path.
 */
function holdsName(text: string, name: string): boolean {
  if (text === name) return /\W|_/.test(name);
  if (!/\w[._-]\w/.test(name)) return false;
  return new RegExp(`(?:^|[\\s/=,;&?])${literally(name)}(?=$|[\\s/=,;&?])`).test(text);
}

/** Ports on which others' servers answer as well. */
const PUBLIC_PORTS = [80, 443];
const LOCAL = "localhost|127(?:\\.\\d+){3}|0\\.0\\.0\\.0|\\[::1?\\]|host\\.docker\\.internal";
const PRIVATE = "10(?:\\.\\d+){3}|192\\.168(?:\\.\\d+){2}|172\\.(?:1[6-9]|2\\d|3[01])(?:\\.\\d+){2}";

/** A port with the host's own or a private address before it, or alone where the variable is called a port. */
function holdsPort(text: string, name: string, port: number, address: string): boolean {
  if (text === String(port)) return /PORT$/i.test(name) && !PUBLIC_PORTS.includes(port);
  const hosts = [LOCAL, literally(address), ...(PUBLIC_PORTS.includes(port) ? [] : [PRIVATE])];
  return new RegExp(`(?<![\\w.-])(?:${hosts.join("|")}):${port}(?!\\d)`, "i").test(text);
}
