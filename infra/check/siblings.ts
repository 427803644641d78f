// Compares a stack with the project's other stacks: same port, same hostname, two that do what only one may do.
import { join } from "node:path";
import {
  type Listener,
  type Settings,
  type StackSettings,
  type SystemSettings,
  settingsOf,
  type ValuesOf,
} from "../settings/define.ts";
import { type Issue, remove, set } from "../settings/issue.ts";
import { isRequired } from "../settings/project-config.ts";
import { knownKeys, type RawValue, type RawValues, readValues } from "../settings/read.ts";
import type { Tenant } from "./budgets.ts";
import type { Declaration, Project } from "./project-file.ts";
import { loadStack, stacksIn } from "./stack-file.ts";
import { collide, freePort, hostnamesOf } from "./values.ts";

/** Another stack of the project, as far as its file can be read. */
export interface Sibling<K extends Settings = Settings> extends Tenant {
  /** Its values; none where it has other settings, as the stack `shared` has. */
  values: Partial<ValuesOf<K>>;
  /** Ports that it listens on. */
  listeners: Listener[];
}

/**
 * Raw values as the program gets them: what the stack leaves out has the default of Pulumi.yaml. Where a stack `shared`
 * has settings of its own, the block holds the environments' keys and empty defaults for those that each must set.
 */
export function withDefaults(
  raw: RawValues,
  declared: ReadonlyMap<string, Declaration>,
  settings: StackSettings,
  stack: string,
): RawValues {
  const { keys } = settingsOf(settings, stack);
  const isEmpty = (key: string) => keys[key] === undefined || isRequired(keys[key]);
  const defaults = [...declared].flatMap(([key, entry]): [string, RawValue][] => {
    if (settings.shared !== undefined && isEmpty(key)) return [];
    const known = entry.default !== undefined && entry.default !== null && !raw.has(key);
    return known ? [[key, { value: entry.default, secure: false }]] : [];
  });
  return new Map([...raw, ...defaults]);
}

/** The project's other stacks. What is wrong with them is theirs to say. */
export function loadSiblings(
  folder: string,
  project: Project,
  stack: string,
  settings: StackSettings,
): Sibling[] {
  const own = settingsOf(settings, stack);
  const others = stacksIn(join(folder, project.stackConfigDir)).filter((other) => other !== stack);
  return others.map((other) => {
    const { raw, foreign } = loadStack(folder, project, other, {});
    const system = settingsOf(settings, other);
    const { values } = readValues(system, withDefaults(raw, project.declared, settings, other));
    return {
      values: system === own ? values : {},
      listeners: system.listeners?.(values) ?? [],
      ...tenantOf(system, other, values, foreign),
    };
  });
}

/** A stack as its server sees it. */
export function tenantOf(
  system: SystemSettings,
  stack: string,
  values: Record<string, unknown>,
  foreign: Tenant["foreign"],
): Tenant {
  const dockerHost = typeof values.dockerHost === "string" ? values.dockerHost : undefined;
  return { stack, foreign, demands: system.demands?.(values) ?? [], dockerHost };
}

/** What a stack has in common with another, and may not. */
export function compareStacks<K extends Settings>(
  system: SystemSettings<K>,
  values: Partial<ValuesOf<K>>,
  siblings: Sibling<K>[],
): Issue[] {
  return [
    ...siblings.flatMap((sibling) => [
      ...sameValues(system, values, sibling),
      ...sameHostnames(system, values, sibling),
    ]),
    ...samePorts(system, values, siblings),
  ];
}

function sameValues<K extends Settings>(
  system: SystemSettings<K>,
  values: Partial<ValuesOf<K>>,
  sibling: Sibling<K>,
): Issue[] {
  return Object.entries(system.keys).flatMap(([key, setting]): Issue[] => {
    const value = values[key];
    const theirs = sibling.values[key];
    const identity = value === undefined ? undefined : setting.identity?.(value);
    if (identity !== undefined && theirs !== undefined && identity === setting.identity?.(theirs)) {
      const reason = `is ${identity}, which is the ${key} of ${sibling.stack}: each stack needs its own`;
      const { path, example } = setting.identityAt ?? {};
      const fix = path === undefined ? remove([key]) : set(example ?? "", [key, ...path]);
      return [{ problem: "same-as-other-stack", path: [key], reason, fix: [fix] }];
    }
    if (value === undefined || value !== theirs) return [];
    if (setting.exclusive && value === true) {
      const reason = `is true in ${sibling.stack} already: only one stack may set it`;
      return [{ problem: "exclusive", path: [key], reason, fix: [set(false, [key])] }];
    }
    if (!setting.unique) return [];
    const reason = `${String(value)} is the ${key} of ${sibling.stack}: each stack needs its own`;
    const example = knownKeys(system.keys)[key]?.example;
    const fix = example === undefined ? [] : [set(example, [key])];
    return [{ problem: "same-as-other-stack", path: [key], reason, fix }];
  });
}

/** A hostname that the other stack has under another key. */
function sameHostnames<K extends Settings>(
  system: SystemSettings<K>,
  values: Partial<ValuesOf<K>>,
  sibling: Sibling<K>,
): Issue[] {
  const theirs = hostnamesOf(system, sibling.values);
  return hostnamesOf(system, values).flatMap(([key, hostname]): Issue[] => {
    const [other] = theirs.find(([otherKey, name]) => otherKey !== key && name === hostname) ?? [];
    if (other === undefined) return [];
    const reason = `${hostname} is the ${other} of ${sibling.stack}: each stack needs its own`;
    const example = knownKeys(system.keys)[key]?.example;
    const fix = example === undefined ? [] : [set(example, [key])];
    return [{ problem: "same-as-other-stack", path: [key], reason, fix }];
  });
}

function samePorts<K extends Settings>(
  system: SystemSettings<K>,
  values: Partial<ValuesOf<K>>,
  siblings: Sibling<K>[],
): Issue[] {
  const own = system.listeners?.(values) ?? [];
  const foreign = siblings.flatMap((sibling) =>
    sibling.listeners.map((listener) => ({ ...listener, stack: sibling.stack })),
  );
  return own.flatMap((listener): Issue[] => {
    const other = foreign.find((candidate) => collide(listener, candidate));
    if (other === undefined) return [];
    const free = freePort(listener.port, [...own, ...foreign]);
    const reason = `${listener.port} is the ${other.key} of ${other.stack}`;
    return [
      { problem: "port-of-other-stack", path: [listener.key], reason, fix: [set(free, [listener.key])] },
    ];
  });
}
