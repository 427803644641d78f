// The part of the check that needs no file and no machine: values, and the rules between them.
import type { Listener, Settings, SystemSettings, ValuesOf } from "../settings/define.ts";
import { type Issue, set } from "../settings/issue.ts";
import { metaOf } from "../settings/kind.ts";
import { type RawValues, type Reading, readValues } from "../settings/read.ts";

/** Reads a stack's values and checks them against each other; every issue in one run, never an exception. */
export function checkValues<K extends Settings>(system: SystemSettings<K>, raw: RawValues): Reading<K> {
  const { values, issues } = readValues(system, raw);
  return { values, issues: [...issues, ...duplicatePorts(system.listeners?.(values) ?? [])] };
}

function duplicatePorts(listeners: Listener[]): Issue[] {
  return listeners.flatMap((listener, index) => {
    const first = listeners.slice(0, index).find((other) => collide(listener, other));
    if (first === undefined) return [];
    const free = freePort(listener.port, listeners);
    const reason = `${listener.port} is the port of ${first.key} as well`;
    return [{ problem: "duplicate-port", path: [listener.key], reason, fix: [set(free, [listener.key])] }];
  });
}

/** A name that means another machine wherever it is used. */
const EVERYWHERE = "localhost";

/** The hostnames among the values, with their keys. */
export function hostnamesOf<K extends Settings>(
  system: SystemSettings<K>,
  values: Partial<ValuesOf<K>>,
): [string, string][] {
  return Object.entries(system.keys).flatMap(([key, { schema }]): [string, string][] => {
    const value: unknown = values[key];
    const isHostname = metaOf(schema).kind === "hostname" && typeof value === "string";
    return isHostname && value !== EVERYWHERE ? [[key, value]] : [];
  });
}

/** Whether two listeners would want the same port of the same machine. */
export function collide(one: Listener, other: Listener): boolean {
  return one.port === other.port && machine(one) === machine(other) && overlap(one.address, other.address);
}

/** The next port that none of the listeners has, on any machine: a number used once confuses nobody. */
export function freePort(port: number, listeners: Listener[]): number {
  const used = new Set(listeners.map((listener) => listener.port));
  let free = port;
  while (used.has(free)) free = free >= 65_535 ? 1024 : free + 1;
  return free;
}

/** The machine that a listener is on; all Unix sockets are this one. */
function machine({ dockerHost, forwarded }: Listener): string {
  return forwarded || !dockerHost?.startsWith("ssh://") ? "local" : dockerHost;
}

/** Whether two addresses of one machine can't have the same port. */
export function overlap(one: string, other: string): boolean {
  return one === other || isWildcard(one) || isWildcard(other);
}

function isWildcard(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}
