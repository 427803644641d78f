// What `tandem down` does to a stack's state: it takes the data out before the engine destroys the rest, and puts it
// back afterwards.
//
// Volumes, databases, logins and generated passwords outlive `down`. Were they destroyed with the rest and only
// retained on the host, the state would forget them: the next `up` would make new passwords that the old data doesn't
// know, and create databases that exist. So they stay in the state, which then says what is true: they exist and
// nothing runs. The engine never sees them while it destroys, so no mistake in a program's options can cost data.
import { factsOf, types } from "../../../lib/resource-types.ts";
import type { Deployment, StateResource } from "./backend.ts";

/** Resources that live inside data, or are data although nothing marks them so. */
const insideData = ["postgresql:", "random:", "tandem:data:", "tandem:postgres:"];

/** Does the resource outlive `down`? */
export function isData(resource: StateResource): boolean {
  if (resource.custom !== true || resource.delete === true) return false;
  if (factsOf(resource.type).runs || resource.type.startsWith("pulumi:")) return false;
  return (
    resource.protect === true ||
    resource.retainOnDelete === true ||
    insideData.some((prefix) => resource.type.startsWith(prefix))
  );
}

/** URN of the provider that a resource refers to. */
function providerUrn(resource: StateResource): string | undefined {
  const reference = resource.provider;
  return reference === undefined ? undefined : reference.slice(0, reference.lastIndexOf("::"));
}

/** The same resource without references to resources that are not in `known`. */
function prune(resource: StateResource, known: ReadonlySet<string>): StateResource {
  const pruned = { ...resource };
  const keep = (urns: readonly string[]) => urns.filter((urn) => known.has(urn));
  if (pruned.dependencies !== undefined) pruned.dependencies = keep(pruned.dependencies);
  if (pruned.propertyDependencies !== undefined) {
    pruned.propertyDependencies = Object.fromEntries(
      Object.entries(pruned.propertyDependencies).map(([name, urns]) => [name, keep(urns ?? [])]),
    );
  }
  if (pruned.replaceWith !== undefined) pruned.replaceWith = keep(pruned.replaceWith);
  if (pruned.deletedWith !== undefined && !known.has(pruned.deletedWith)) delete pruned.deletedWith;
  return pruned;
}

/** Component of a Postgres server that the stack runs itself: its databases lie in the stack's volumes. */
const OWN_SERVER = "tandem:index:PostgresServer";

/** Does a resource of this type say that an environment has data on a server of the stack `shared`? */
export function isOnSharedServer(type: string): boolean {
  return type === types.tenant || type === types.redisKeys;
}

/**
 * Is it data on a server that the stack doesn't run, a shared or a managed one? It isn't in the stack's volumes, so to
 * delete it somebody has to tell that server.
 */
function isElsewhere(resource: StateResource, resources: readonly StateResource[]): boolean {
  if (isOnSharedServer(resource.type)) return true;
  if (!resource.type.startsWith("postgresql:")) return false;
  const provider = resources.find(({ urn }) => urn === providerUrn(resource));
  // A URN holds the types of all parents: `…::tandem:index:PgDatabase$tandem:index:PostgresServer$pulumi:…`.
  return provider !== undefined && !provider.urn.includes(OWN_SERVER);
}

/** Which resources stay out of the engine's sight, of all of a state. */
export type Stays = (resource: StateResource, resources: readonly StateResource[]) => boolean;

/**
 * Does the resource end with the volumes of its environment? Deleting the data needs no engine for these: a volume goes
 * as a whole, and with it what is inside. What lives elsewhere, such as a tunnel or a database on a shared server, the
 * engine has to destroy.
 */
export function endsWithVolumes(resource: StateResource, resources: readonly StateResource[]): boolean {
  return (
    isData(resource) &&
    !isElsewhere(resource, resources) &&
    (resource.type === types.volume || insideData.some((prefix) => resource.type.startsWith(prefix)))
  );
}

/**
 * The state for the engine to destroy: everything but the data, and neither protected nor retained, since taking
 * these down was asked for and confirmed.
 *
 * @param stays what the engine must not see
 */
export function withoutData(deployment: Deployment, stays: Stays = isData): Deployment {
  const all = deployment.resources ?? [];
  const resources = all.filter((resource) => !stays(resource, all));
  const known = new Set(resources.map(({ urn }) => urn));
  return {
    ...deployment,
    resources: resources.map((resource) => {
      const { protect: _, retainOnDelete: __, ...rest } = prune(resource, known);
      return rest;
    }),
  };
}

/** URNs of the data, and of the parents and providers without which the state would not be whole. */
function dataClosure(resources: readonly StateResource[], stays: Stays): Set<string> {
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  const closure = new Set<string>();
  const add = (urn: string | undefined): void => {
    const resource = urn === undefined ? undefined : byUrn.get(urn);
    if (resource === undefined || closure.has(resource.urn)) return;
    closure.add(resource.urn);
    add(resource.parent);
    add(providerUrn(resource));
  };
  for (const resource of resources) if (stays(resource, resources)) add(resource.urn);
  return closure;
}

/** Orders resources so that each comes after those it refers to; otherwise as they were. */
function inOrder(resources: readonly StateResource[]): StateResource[] {
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  const done = new Set<StateResource>();
  const ordered: StateResource[] = [];
  const visit = (resource: StateResource | undefined): void => {
    if (resource === undefined || done.has(resource)) return;
    done.add(resource);
    const references = [
      resource.parent,
      providerUrn(resource),
      resource.deletedWith,
      ...(resource.dependencies ?? []),
      ...Object.values(resource.propertyDependencies ?? {}).flatMap((urns) => urns ?? []),
    ];
    for (const urn of references) if (urn !== undefined) visit(byUrn.get(urn));
    ordered.push(resource);
  };
  for (const resource of resources) visit(resource);
  return ordered;
}

/**
 * Puts the data of the state `before` a `down` back into the state as it is `now`: after the engine destroyed the
 * rest, or after a run that was killed at any point in between.
 *
 * @param stays what the engine did not see; of the rest, `now` knows best
 */
export function withData(now: Deployment, before: Deployment, stays: Stays = isData): Deployment {
  const current = now.resources ?? [];
  const present = new Set(current.map(({ urn }) => urn));
  const closure = dataClosure(before.resources ?? [], stays);
  const added = (before.resources ?? []).filter(({ urn }) => closure.has(urn) && !present.has(urn));
  const known = new Set([...present, ...added.map(({ urn }) => urn)]);
  return {
    ...now,
    ...(now.secrets_providers === undefined && before.secrets_providers !== undefined
      ? { secrets_providers: before.secrets_providers }
      : {}),
    resources: inOrder([...current, ...added.map((resource) => prune(resource, known))]),
  };
}

/** Is anything left in the state that `down` would take down? */
export function hasRunning(deployment: Deployment | undefined): boolean {
  return (deployment?.resources ?? []).some(
    (resource) => resource.custom === true && !resource.type.startsWith("pulumi:") && !isData(resource),
  );
}
