// Values in a step of the engine: by path, by component, and whether one is secret.

import { isMap } from "../../../infra/settings/structures.ts";
import { labels } from "../../../lib/docker/labels.ts";
import { nameOf, type Step } from "./events.ts";

const SECRET = "[secret]";

/** Follows a path such as `ports[0].external`; what lies inside a secret is secret. */
export function at(inputs: Record<string, unknown> | undefined, path: string): unknown {
  let value: unknown = inputs;
  for (const key of path.match(/[^.[\]"]+/g) ?? []) {
    if (value === SECRET) return value;
    value = typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  }
  return value;
}

/** The entries of a list that are objects. */
export function records(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === "object" && entry !== null) : [];
}

/** The component that a container belongs to, by its label. */
export function componentOf({ urn, old, new: fresh }: Step): string {
  const given = (fresh ?? old)?.inputs?.labels;
  const own = Array.isArray(given)
    ? records(given).find(({ label }) => label === labels.component)?.value
    : (given as Record<string, unknown> | undefined)?.[labels.component];
  return typeof own === "string" ? own : nameOf(urn);
}

/** Name of the property that a path such as `ports[0].external` begins with. */
export function topLevel(path: string): string {
  return path.split(/[.[]/)[0] ?? path;
}

/** Paths of the properties that change. */
export function changedPaths({ diffs, detailedDiff }: Step): string[] {
  return Object.keys(detailedDiff).length > 0 ? Object.keys(detailedDiff) : diffs;
}

/** Paths at which two values differ, as deep as both are maps; for what the engine gives none. */
export function differentPaths(one: unknown, other: unknown, path = ""): string[] {
  if (JSON.stringify(one) === JSON.stringify(other)) return [];
  if (!isMap(one) || !isMap(other)) return path === "" ? [] : [path];
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].flatMap((key) =>
    differentPaths(one[key], other[key], path === "" ? key : `${path}["${key}"]`),
  );
}

/** Does it hold a secret, however deep? */
export function containsSecret(value: unknown): boolean {
  if (value === SECRET) return true;
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).some(containsSecret);
}
