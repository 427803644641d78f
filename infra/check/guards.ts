// Guards: what an environment must not do although each of its settings is right. Only production acts on the world,
// production runs no experiment without a word, and no exception from the policies reaches into another environment.
import { isProduction } from "../../lib/production.ts";
import { closest } from "../settings/closest.ts";
import { type Settings, SHARED_STACK, type SystemSettings, type ValuesOf } from "../settings/define.ts";
import { type Issue, remove, set } from "../settings/issue.ts";
import { isMap } from "../settings/structures.ts";
import type { Sibling } from "./siblings.ts";
import { POLICIES_KEY, structured } from "./stack-keys.ts";
import { variableIssues } from "./variable-guards.ts";

/** Key under which a stack names the experiments that it runs on purpose, though it is production. */
export const EXPERIMENTS_KEY = "tandem:experiments";

/** The stack that is checked, and what it says outside of its project's namespace. */
export interface GuardedStack {
  project: string;
  stack: string;
  /** Settings in other namespaces by full key; maps and lists as such, or as the JSON text that the engine makes of them. */
  foreign: ReadonlyMap<string, unknown>;
}

/** Everything in a stack that a guard refuses. */
export function guardIssues<K extends Settings>(
  system: SystemSettings<K>,
  values: Partial<ValuesOf<K>>,
  guarded: GuardedStack,
  siblings: readonly Sibling<K>[],
): Issue[] {
  const policies = structured(guarded.foreign.get(POLICIES_KEY));
  const word = isMap(policies) && typeof policies.production === "boolean" ? policies.production : undefined;
  const production = isProduction(guarded.stack, word);
  return [
    ...(production ? [] : effectIssues(system, values, guarded)),
    ...experimentIssues(system, values, guarded, production),
    ...(isMap(policies) ? exceptionIssues(policies, guarded, siblings) : []),
    ...variableIssues(system, values, guarded, siblings),
  ];
}

function effectIssues<K extends Settings>(
  { keys }: SystemSettings<K>,
  values: Partial<ValuesOf<K>>,
  { stack }: GuardedStack,
): Issue[] {
  return Object.entries(keys).flatMap(([key, setting]): Issue[] => {
    if (setting.productionOnly !== true || values[key] !== true) return [];
    const reason = `acts on the real world, which only production may: ${stack} would do it a second time`;
    return [{ problem: "production-only", path: [key], reason, fix: [set(false, [key])] }];
  });
}

function experimentIssues<K extends Settings>(
  { keys }: SystemSettings<K>,
  values: Partial<ValuesOf<K>>,
  { foreign }: GuardedStack,
  production: boolean,
): Issue[] {
  const known = Object.keys(keys).filter((key) => keys[key]?.experimental === true);
  const listed = structured(foreign.get(EXPERIMENTS_KEY)) ?? [];
  if (!Array.isArray(listed)) {
    const reason = "is no list of settings";
    return [{ problem: "wrong-type", path: [EXPERIMENTS_KEY], reason, fix: [remove([EXPERIMENTS_KEY])] }];
  }
  const unknown = listed.flatMap((name, index): Issue[] => {
    if (known.includes(String(name))) return [];
    const near = closest(String(name), known);
    const hint = near === undefined ? "" : `; did you mean ${near}?`;
    const reason = `${String(name)} is no experimental setting of this system${hint}`;
    const path = [EXPERIMENTS_KEY, index];
    return [
      { problem: "unknown-key", path, reason, fix: [near === undefined ? remove(path) : set(near, path)] },
    ];
  });
  if (!production) return unknown;
  const running = known.filter((key) => values[key] === true && !listed.includes(key));
  return [
    ...unknown,
    ...running.map((key): Issue => {
      const reason = `is experimental, and production runs an experiment only where ${EXPERIMENTS_KEY} names it`;
      return { problem: "experimental", path: [key], reason, fix: [set(false, [key])] };
    }),
  ];
}

/** Exceptions from the policies that would let this environment use what is another's. */
function exceptionIssues<K extends Settings>(
  policies: Record<string, unknown>,
  { project }: GuardedStack,
  siblings: readonly Sibling<K>[],
): Issue[] {
  const others = siblings.filter(({ stack }) => stack !== SHARED_STACK);
  const names = ["names", "foreign"].flatMap((list) =>
    texts(policies[list]).flatMap((name, index): Issue[] => {
      const owner = others.find(({ stack }) => name.startsWith(`${project}_${stack}_`));
      if (owner === undefined) return [];
      const path = [POLICIES_KEY, list, index];
      const reason = `${name} belongs to ${owner.stack}: no exception may let another environment use it`;
      return [{ problem: "other-environment", path, reason, fix: [remove(path)] }];
    }),
  );
  const ports = texts(policies.publish).flatMap((place, index): Issue[] => {
    const port = Number.parseInt(place.slice(place.lastIndexOf(":") + 1), 10);
    const owner = others.find(({ listeners }) => listeners.some((listener) => listener.port === port));
    if (owner === undefined) return [];
    const path = [POLICIES_KEY, "publish", index];
    const reason = `${place} is a port of ${owner.stack}: its own file may publish it, and no other`;
    return [{ problem: "other-environment", path, reason, fix: [remove(path)] }];
  });
  return [...names, ...ports];
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
