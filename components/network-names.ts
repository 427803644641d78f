// Names under which the services of an environment reach each other: each leads to one of them.
import * as pulumi from "@pulumi/pulumi";
import { shown } from "../lib/docker/values.ts";
import type { Environment } from "./environment.ts";

/** Names as resolvers ask for them: in lower case, and a label of one has 63 characters at most (RFC 1035). */
const NAME = /^[a-z0-9]([a-z0-9_.-]{0,61}[a-z0-9])?$/;

/** What is wrong with a name; undefined where nothing is. */
export function networkName(value: unknown): string | undefined {
  return typeof value === "string" && NAME.test(value)
    ? undefined
    : `is ${shown(value)}; a name on the network has letters in lower case, digits, and - _ . between them`;
}

/** Who has which name, by environment. */
const taken = new WeakMap<Environment, Map<string, string>>();

/**
 * Gives a component names of its environment's network.
 *
 * @param component for messages
 * @param role its own name, which it has where it is given none, if that can be one
 * @throws pulumi.RunError when another one has a name: requests would go to either
 */
export function takeNames(
  env: Environment,
  component: string,
  role: string,
  names: readonly string[] | undefined,
): string[] {
  const own = names ?? (networkName(role) === undefined ? [role] : []);
  const all = taken.get(env) ?? new Map<string, string>();
  taken.set(env, all);
  for (const name of own) {
    const other = all.get(name);
    if (other !== undefined)
      throw new pulumi.RunError(
        `${component}: names has '${name}', which ${other} has as well. Take it out of one of them.`,
      );
    all.set(name, component);
  }
  return [...own];
}
