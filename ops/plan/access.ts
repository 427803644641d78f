// What a plan makes or changes on database servers besides what holds data: extensions, logins, databases and rights.
import { nameOf, type Step } from "./events.ts";

const KINDS: Readonly<Record<string, string>> = {
  "postgresql:index/extension:Extension": "extension",
  "tandem:postgres:Extension": "extension",
  "postgresql:index/role:Role": "login",
  "postgresql:index/database:Database": "database",
  "postgresql:index/grant:Grant": "grant",
  "postgresql:index/grantRole:GrantRole": "grant",
  "postgresql:index/defaultPrivileges:DefaultPrivileges": "grant",
};

/**
 * What a step makes or changes on a server, as `kind name`: rights by their resource, everything else by its name there.
 * What is removed or replaced holds data, or its right ends with what it was for.
 */
export function serverChanges({ op, type, urn, new: fresh }: Step): string[] {
  const kind = KINDS[type];
  if (kind === undefined || !["create", "update", "create-replacement"].includes(op)) return [];
  const own = kind === "grant" ? undefined : (fresh?.inputs?.name ?? fresh?.inputs?.extension);
  return [`${kind} ${typeof own === "string" ? own : nameOf(urn)}`];
}
