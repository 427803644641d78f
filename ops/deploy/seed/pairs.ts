// What of one environment stands for what of the other: databases and logins, by the names that the topology gives them.
import { types } from "../../../lib/resource-types.ts";
import type { DumpedDatabase } from "../../../provider/postgres/restore-point.ts";
import type { Deployment, StateResource } from "../../engine/state/backend.ts";
import { migratedDatabase } from "../release/restore.ts";

/** A database of each environment that the same migration changes. */
export interface DatabasePair {
  from: DumpedDatabase;
  to: DumpedDatabase;
}

/** The name that the topology gave it, the same in both stacks. */
function logicalName({ urn }: StateResource): string {
  return urn.slice(urn.lastIndexOf("::") + 2);
}

function byLogicalName<T>(
  { resources = [] }: Deployment,
  read: (resource: StateResource) => T | undefined,
): Map<string, T> {
  const found = resources.flatMap((resource): [string, T][] => {
    const value = read(resource);
    return value === undefined ? [] : [[logicalName(resource), value]];
  });
  return new Map(found);
}

/** The databases that both environments migrate, each once. */
export function databasePairs(from: Deployment, to: Deployment): DatabasePair[] {
  const sources = byLogicalName(from, migratedDatabase);
  const pairs = new Map<string, DatabasePair>();
  for (const [name, target] of byLogicalName(to, migratedDatabase)) {
    const source = sources.get(name);
    if (source !== undefined) pairs.set(target.name, { from: source, to: target });
  }
  return [...pairs.values()];
}

/** Names of an environment's databases in containers that are in no pair: no service's migration tells which one they are. */
export function unpaired({ resources = [] }: Deployment, pairs: readonly DatabasePair[]): string[] {
  const paired = new Set(pairs.map(({ to }) => to.name));
  return resources
    .filter(({ type }) => type === types.takeBack)
    .map(({ outputs }) => String(outputs?.database))
    .filter((name) => !paired.has(name));
}

/** The roles of one environment, each with the other's of the same name in the topology. */
export function matchingRoles(from: Deployment, to: Deployment): Map<string, string> {
  const roleName = ({ type, outputs }: StateResource) =>
    type === types.role && typeof outputs?.name === "string" ? outputs.name : undefined;
  const targets = byLogicalName(to, roleName);
  const matches = [...byLogicalName(from, roleName)].flatMap(([name, role]): [string, string][] => {
    const target = targets.get(name);
    return target === undefined ? [] : [[role, target]];
  });
  return new Map(matches);
}
