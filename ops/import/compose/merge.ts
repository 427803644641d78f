// Merges compose files by the specification's rules (13-merge.md): maps by their names, lists by appending, commands by
// replacing, ports and mounts by what must be unique of them.
import { isMap } from "../../../infra/settings/structures.ts";
import { Override, RESET } from "./yaml.ts";

/** What tells two entries of a list apart, by the list's key in a service. */
const UNIQUE: Readonly<Record<string, (entry: Record<string, unknown>) => string>> = {
  ports: ({ host_ip: ip, target, published, protocol }) =>
    [ip ?? "", target, published ?? "", protocol ?? "tcp"].map(String).join(" "),
  volumes: ({ target }) => String(target),
  secrets: ({ source, target }) => String(target ?? source),
  configs: ({ source, target }) => String(target ?? source),
  env_file: ({ path }) => String(path),
};
/** Lists that a later file replaces. */
const REPLACED = new Set(["command", "entrypoint", "test"]);

/** The later value over the earlier one. @param key of the list or map that they stand under */
export function merged(earlier: unknown, later: unknown, key = ""): unknown {
  if (later === RESET) return undefined;
  if (later instanceof Override) return settled(later.value);
  if (later === undefined || (later === null && key !== "environment")) return earlier;
  if (earlier === undefined || earlier === null) return settled(later);
  if (isMap(earlier) && isMap(later)) {
    const keys = new Set([...Object.keys(earlier), ...Object.keys(later)]);
    return withoutGone(
      [...keys].map((name) => [
        name,
        Object.hasOwn(later, name) ? merged(earlier[name], later[name], name) : earlier[name],
      ]),
    );
  }
  if (Array.isArray(earlier) && Array.isArray(later) && !REPLACED.has(key)) return lists(earlier, later, key);
  return settled(later);
}

function lists(earlier: unknown[], later: unknown[], key: string): unknown[] {
  const unique = Object.hasOwn(UNIQUE, key) ? UNIQUE[key] : undefined;
  const name = (entry: unknown) =>
    unique !== undefined && isMap(entry) ? unique(entry) : JSON.stringify(entry);
  const all = new Map<string, unknown>();
  // The later one takes the place of the whole entry: a mount that was read-only isn't because it was.
  for (const entry of [...earlier, ...later.map(settled)]) all.set(name(entry), entry);
  return [...all.values()];
}

/** A value without the tags that have nothing to act on. */
export function settled(value: unknown): unknown {
  if (value === RESET) return undefined;
  if (value instanceof Override) return settled(value.value);
  if (Array.isArray(value)) return value.map(settled).filter((entry) => entry !== undefined);
  if (!isMap(value)) return value;
  return withoutGone(Object.entries(value).map(([key, inner]) => [key, settled(inner)]));
}

function withoutGone(entries: (readonly [string, unknown])[]): Record<string, unknown> {
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}
