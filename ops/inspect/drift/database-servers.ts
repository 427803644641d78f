// The Postgres servers on which a stack has something, each with a way to ask it: inside its container, or with the login
// that the stack administers a managed one with.
import type Docker from "dockerode";
import { SHARED_STACK } from "../../../infra/settings/define.ts";
import { inspect } from "../../../provider/docker/containers.ts";
import { psql } from "../../../provider/postgres/psql.ts";
import { output, type Place } from "../../engine/place.ts";
import type { StateResource } from "../../engine/state/backend.ts";
import type { ProviderSettings } from "./provider-settings.ts";

/**
 * Whose a server is: `own` is the environment's altogether; `serving` is that of the stack `shared`, on which environments
 * have what they made; `tenant` is the same one as an environment sees it; `managed` is run by somebody else.
 */
export type Ownership = "own" | "serving" | "tenant" | "managed";

/** A server that answers. */
export interface Server {
  /** Name by which people know it. */
  name: string;
  ownership: Ownership;
  /** The login with which the stack administers what it has there. */
  admin: string;
  /** Databases that are the server's or the administrator's from the beginning. */
  given: readonly string[];
  /** The stack's resources on it. */
  place: Place;
  /** Runs a query; gives what it returned. */
  ask(sql: string, database?: string): Promise<string>;
}

/** A server in a container of this Docker host; undefined where it is gone or stopped, which the engine finds. */
async function inContainer(
  docker: Docker,
  container: string,
  about: Pick<Server, "ownership" | "admin" | "place">,
  username: string,
): Promise<Server[]> {
  const facts = await inspect(docker, container);
  if (facts === undefined || !facts.State.Running || facts.State.Paused) return [];
  const name = facts.Name.replace(/^\//, "");
  const ask = (sql: string, database?: string) => psql(docker, container, sql, { username, database });
  return [{ name, given: ["postgres"], ...about, ask }];
}

/** The stack's resources that one of the providers made, or that none of them did. */
function restricted(place: Place, providers: readonly StateResource[], made: boolean): Place {
  const references = new Set(providers.map(({ urn, id }) => `${urn}::${id}`));
  const of: Place["of"] = (type) =>
    place.of(type).filter(({ provider = "" }) => references.has(provider) === made);
  return { ...place, of };
}

/** Providers of servers that no container of this Docker host runs. */
function managedProviders(place: Place): StateResource[] {
  const inside = new Set([...place.of("admin"), ...place.of("tenant")].flatMap(({ parent }) => parent ?? []));
  return place.of("postgres").filter(({ parent }) => parent === undefined || !inside.has(parent));
}

/** A managed server, reached as its provider does. */
async function managed(
  provider: StateResource,
  place: Place,
  { settings, folder }: ManagedAccess,
): Promise<Server[]> {
  const here = restricted(place, [provider], true);
  const [first] = [...here.of("database"), ...here.of("role")];
  if (first === undefined) return [];
  const { openManaged } = await import("./managed-server.ts");
  const { name, admin, database, ask } = openManaged(await settings(first), folder());
  return [{ name, ownership: "managed", admin, given: ["postgres", database], place: here, ask }];
}

/** How managed servers are reached. */
export interface ManagedAccess {
  settings: ProviderSettings;
  /** What paths in the settings are relative to. */
  folder(): string;
}

/** All servers of a stack. A stack without a managed one asks for no settings. */
export async function serversOf(docker: Docker, place: Place, access: ManagedAccess): Promise<Server[]> {
  const outside = managedProviders(place);
  const here = restricted(place, outside, false);
  const ownership = place.environment === SHARED_STACK ? "serving" : "own";
  const servers = await Promise.all([
    ...place.of("admin").map((resource) => {
      const username = output(resource, "username");
      const about = { ownership, admin: username, place: here } as const;
      return inContainer(docker, output(resource, "containerId"), about, username);
    }),
    ...place.of("tenant").map((resource) => {
      const about = { ownership: "tenant", admin: output(resource, "role"), place: here } as const;
      return inContainer(docker, output(resource, "container"), about, "postgres");
    }),
    ...outside.map((provider) => managed(provider, place, access)),
  ]);
  return servers.flat();
}
