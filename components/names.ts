// Rules for names that end up in containers, volumes, networks, databases and hostnames.
import { shown } from "../lib/docker/values.ts";

/** Longest system or environment name: three parts and a suffix must fit Postgres' 63-byte identifiers. */
export const MAX_NAME = 20;

/** What is wrong with a system's or environment's name, or undefined if it is fine. */
export function nameProblem(name: string): string | undefined {
  if (typeof name !== "string") return "must be text";
  if (name.length === 0) return "is empty";
  if (name.length > MAX_NAME) return `'${name}' is longer than ${MAX_NAME} characters`;
  if (!/^[a-z][a-z0-9-]*$/.test(name) || name.endsWith("-")) {
    return `'${name}' must be lower-case letters, digits and hyphens, begin with a letter and not end with a hyphen`;
  }
  return undefined;
}

/** A name as a Postgres identifier that needs no quotes. */
export function sqlName(name: string): string {
  return name.replaceAll("-", "_");
}

const NETWORK_NAME = /^[a-z0-9][a-z0-9_.-]{0,61}[a-z0-9]$/;

/** What is wrong with a name; undefined where nothing is. */
export function networkName(value: unknown): string | undefined {
  return typeof value === "string" && NETWORK_NAME.test(value)
    ? undefined
    : `is ${shown(value)}; a name on the network has at least two letters in lower case or digits, and - _ . between them`;
}
