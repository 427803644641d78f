// Which secrets a step of the engine changes: by name, never by value.
import { types } from "../../../lib/resource-types.ts";
import { nameOf, type Step } from "./events.ts";
import { at, changedPaths, componentOf, containsSecret, topLevel } from "./step-values.ts";

/** Name in a path such as `environment["TOKEN"]`. */
function lastKey(path: string): string {
  return path.match(/[^.[\]"]+/g)?.at(-1) ?? path;
}

/**
 * Secrets that change in a step, by resource or variable. A container's variables are secret as a whole, its
 * migration has the same ones by name: where there is one, it tells.
 */
export function secretsOf(step: Step, told: ReadonlySet<string>): string[] {
  const { op, type, urn, old, new: fresh } = step;
  const name = nameOf(urn);
  if (type === types.password) {
    return ["create", "create-replacement"].includes(op) ? [name] : [];
  }
  if (!["update", "create-replacement"].includes(op)) return [];
  if (type === types.container && told.has(componentOf(step))) return [];
  const secret = (path: string) =>
    containsSecret(at(old?.inputs, path)) || containsSecret(at(fresh?.inputs, path));
  const owner = type === types.migration ? componentOf(step) : name;
  return changedPaths(step)
    .filter(secret)
    .map((path) => `${owner}: ${lastKey(type === types.container ? topLevel(path) : path)}`);
}
