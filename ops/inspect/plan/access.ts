// What a plan makes or changes on database servers besides what holds data: extensions, logins, databases and rights.
import { factsOf } from "../../../lib/resource-types.ts";
import { nameOf, type Step } from "./events.ts";

/**
 * What a step makes or changes on a server, as `kind name`: rights by their resource, everything else by its name there.
 * What is removed or replaced holds data, or its right ends with what it was for.
 */
export function serverChanges({ op, type, urn, new: fresh }: Step): string[] {
  const { onServer: kind } = factsOf(type);
  if (kind === undefined || !["create", "update", "create-replacement"].includes(op)) return [];
  const own = kind === "grant" ? undefined : (fresh?.inputs?.name ?? fresh?.inputs?.extension);
  return [`${kind} ${typeof own === "string" ? own : nameOf(urn)}`];
}
