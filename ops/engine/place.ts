// What a stack's state says about its place on the Docker host: the things it made, by type, with ids and names.
import { type TypeName, types } from "../../lib/resource-types.ts";
import type { Deployment, StateResource } from "./state/backend.ts";

/** A stack as its state has it. */
export interface Place {
  system: string;
  environment: string;
  /** Living resources of a type. */
  of(type: TypeName): StateResource[];
  /** All living resources. */
  all: readonly StateResource[];
  /** Ids of what the engine has still to delete: a replacement is there, and a deploy did not come to its end. */
  leaving: ReadonlySet<string>;
  /** A command of `tandem` on the stack, for messages. */
  command(verb: string): string;
  /** Beginnings of the environment's names on its host. */
  prefixes: string[];
}

/** A text among a resource's outputs; "" where there is none. */
export function output({ outputs }: StateResource, key: string): string {
  const value = outputs?.[key];
  return typeof value === "string" ? value : "";
}

/**
 * Reads the place from a state.
 *
 * @param command a command of `tandem` on the stack, as messages name it
 */
export function placeOf(
  system: string,
  environment: string,
  deployment: Deployment,
  command = (verb: string) => `tandem ${verb} ${environment}`,
): Place {
  const all = deployment.resources ?? [];
  const living = all.filter((resource) => resource.delete !== true);
  const leaving = new Set(
    all.flatMap((one) => (one.delete === true && one.id !== undefined ? [one.id] : [])),
  );
  const of = (type: TypeName) => living.filter((resource) => resource.type === types[type]);
  // A system may name its things in a way of its own: its network's name tells how they begin.
  const own = of("network").flatMap((network) => /^(.+_)network$/.exec(output(network, "name"))?.[1] ?? []);
  const prefixes = [...new Set([`${system}_${environment}_`, ...own])];
  return { system, environment, of, all: living, leaving, command, prefixes };
}
