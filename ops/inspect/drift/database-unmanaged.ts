// Which logins, databases and settings of a Postgres server no state knows though they are this stack's affair: on a server
// with other people's things, only what its administrator made, what carries its names, or what holds something of its own.

import { output, type Place } from "../../engine/place.ts";
import type { DatabaseFacts, RoleFacts, ServerFacts } from "./database-facts.ts";
import type { Server } from "./database-servers.ts";

/** What counts as the stack's, and stands in no state. */
export interface Unmanaged {
  roles: RoleFacts[];
  databases: DatabaseFacts[];
  /** Settings of logins and databases, also of those that the state knows. */
  settings: [database: string, role: string, values: string[]][];
}

/** What the server is asked for, and whose it is. */
type Whose = Pick<Server, "ownership" | "admin" | "given" | "place">;

/** Names of the stack's logins or databases. */
export const namesOf = (place: Place, type: "role" | "database"): ReadonlySet<string> =>
  new Set(place.of(type).map((resource) => output(resource, "name")));

const some = (list: readonly string[] | null, among: ReadonlySet<string>) =>
  (list ?? []).some((one) => among.has(one));

/** As the provider marks what an environment has on a shared server. */
const isMarked = ({ mark }: { mark: string }) => mark.startsWith("tandem ");

/** On the server of the stack `shared`: everything but what environments made there. */
function besideTenants(facts: ServerFacts, all: Unmanaged): Unmanaged {
  const tenants = new Set(facts.roles.filter(isMarked).map(({ rolname }) => rolname));
  const databases = new Set(facts.databases.filter(isMarked).map(({ name }) => name));
  // An environment that is gone leaves its database and logins, and no administrator.
  const theirs = new Set(
    facts.roles
      .filter(
        (role) => tenants.has(role.rolname) || some(role.makers, tenants) || some(role.holds, databases),
      )
      .map(({ rolname }) => rolname),
  );
  const isTheirs = (one: DatabaseFacts) => isMarked(one) || theirs.has(one.owner);
  const theirDatabases = new Set(facts.databases.filter(isTheirs).map(({ name }) => name));
  return {
    roles: all.roles.filter(({ rolname }) => !theirs.has(rolname)),
    databases: all.databases.filter((one) => !isTheirs(one)),
    settings: all.settings.filter(([database, role]) => !theirDatabases.has(database) && !theirs.has(role)),
  };
}

/** On a server with others' things: what is the environment's by its maker, its name or what it holds. */
function ofEnvironment(facts: ServerFacts, all: Unmanaged, { ownership, admin, place }: Whose): Unmanaged {
  const [roles, databases] = [namesOf(place, "role"), namesOf(place, "database")];
  // Whoever runs a managed server makes things for the administrator before any stack comes.
  const since = (own: readonly { oid: number }[]) =>
    ownership === "managed" ? Math.min(...own.map(({ oid }) => oid)) : 0;
  const rolesSince = since(facts.roles.filter(({ rolname }) => roles.has(rolname)));
  const databasesSince = since(facts.databases.filter(({ name }) => databases.has(name)));
  const isOurs = ({ rolname, oid, makers, holds, rolsuper }: RoleFacts) => {
    const made = (makers ?? []).includes(admin) && oid > rolesSince;
    const elsewhere = (holds ?? []).some((name) => !databases.has(name));
    const named = [...databases].some((name) => rolname.startsWith(`${name}_`));
    return (
      made ||
      (rolsuper !== true && some(holds, databases)) ||
      (named && (makers ?? []).length === 0 && !elsewhere)
    );
  };
  const unmanaged = all.roles.filter(isOurs);
  const owners = new Set([admin, ...roles, ...unmanaged.map(({ rolname }) => rolname)]);
  return {
    roles: unmanaged,
    databases: all.databases.filter(({ owner, oid }) => owners.has(owner) && oid > databasesSince),
    settings: all.settings.filter(
      ([database, role, values]) =>
        databases.has(database) ||
        roles.has(role) ||
        (ownership === "tenant" && role === admin && values.some((value) => !isOfAdmin(value))),
    ),
  };
}

/** The one setting that the administrator of an environment is made with. */
const isOfAdmin = (value: string) => value.startsWith("createrole_self_grant=");

/** Unmanaged of the stack on a server. */
export function unmanagedOf(facts: ServerFacts, whose: Whose): Unmanaged {
  const { ownership, admin, given, place } = whose;
  const [roles, databases] = [namesOf(place, "role"), namesOf(place, "database")];
  const all: Unmanaged = {
    roles: facts.roles.filter(({ rolname }) => rolname !== admin && !roles.has(rolname)),
    databases: facts.databases.filter(({ name }) => !given.includes(name) && !databases.has(name)),
    settings: facts.settings ?? [],
  };
  if (ownership === "own") return all;
  return ownership === "serving" ? besideTenants(facts, all) : ofEnvironment(facts, all, whose);
}
