// Names under which the services of an environment reach each other, and roles by which their containers are known: each is one's.
import * as pulumi from "@pulumi/pulumi";
import type { Environment } from "./environment.ts";
import { networkName } from "./names.ts";

/** Names as resolvers ask for them: in lower case, two characters as Docker's own, and 63 at most in a label (RFC 1035). */
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

/** Whose containers have which role, by environment. */
const roles = new WeakMap<Environment, Map<string, { owner: pulumi.ComponentResource; alone: boolean }>>();

/**
 * Gives a component's containers their role.
 *
 * @param alone do others of the role end before one starts, or is there but one, such as a server?
 * @throws pulumi.RunError where another component has the role and either one is alone: a deploy would stop the other's containers, and
 * commands such as `exec` would find them
 */
export function takeRole(
  env: Environment,
  role: string,
  owner: pulumi.ComponentResource,
  alone: boolean,
): void {
  const all = roles.get(env) ?? new Map<string, { owner: pulumi.ComponentResource; alone: boolean }>();
  roles.set(env, all);
  const other = all.get(role);
  if (other !== undefined && other.owner !== owner && (alone || other.alone))
    throw new pulumi.RunError(
      `'${role}' is the name of two components of an environment, and one of them is a server, replaced stop-first or part of a release: ` +
        "by their name its containers would be taken for those of the other. Give one of them another name, or a server another role.",
    );
  all.set(role, { owner, alone });
}

/** Roles and volumes of servers and gateways by environment, each with whose it is. */
const fixed = new WeakMap<Environment, Map<string, string>>();

/**
 * Gives a component a role whose containers or volumes have fixed names: the one that it asks for, or the usual one if it is the
 * first, or its own name. So the first of a kind has the names that it has alone, and a second one beside it others.
 *
 * @param component for messages, such as `RedisInstance 'cache'`
 * @param argument that sets it
 * @throws pulumi.RunError where another component has it: both would write the same volume or take each other's name
 */
export function fixedRole(
  env: Environment,
  component: string,
  {
    argument,
    given,
    usual,
    own,
  }: { argument: string; given?: string | undefined; usual: string; own: string },
): string {
  const all = fixed.get(env) ?? new Map<string, string>();
  fixed.set(env, all);
  const role = given ?? (all.has(usual) ? own : usual);
  const other = all.get(role);
  if (other !== undefined)
    throw new pulumi.RunError(
      `${component}: ${argument} is '${role}', as that of ${other}. Give one of them another ${argument}.`,
    );
  all.set(role, component);
  return role;
}

/** Roles of a server and of its volume. */
export interface ServerRoles {
  role: string;
  volumeRole: string;
}

/**
 * Takes the roles of a server and of its volume.
 *
 * @param usual those of the first of its kind
 * @throws pulumi.RunError where another server has one of them
 */
export function serverRoles(
  component: string,
  name: string,
  args: { env: Environment } & Partial<ServerRoles>,
  usual: ServerRoles,
): ServerRoles {
  const { env } = args;
  const own = { argument: "role", given: args.role, usual: usual.role, own: name.replace(/-server$/, "") };
  const role = fixedRole(env, component, own);
  const volume = {
    argument: "volumeRole",
    given: args.volumeRole,
    usual: usual.volumeRole,
    own: `${role}data`,
  };
  return { role, volumeRole: fixedRole(env, component, volume) };
}
