// Finds what a run had made when its record ended: by the exact name that the engine had written down, with this
// environment's labels, not in the state, and serving nobody.

import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import { types } from "../../../lib/resource-types.ts";
import { TRANSIENT } from "../../../provider/docker/containers.ts";
import { found, labelFilter } from "../../engine/docker-client.ts";
import type { Session } from "../../engine/session.ts";
import type { StateResource } from "../../engine/state/backend.ts";
import type { OpenEnd } from "./open-ends.ts";
import { findDatabase, findRole } from "./unfinished-database.ts";
import { findVolume } from "./unfinished-volume.ts";

/** Something unfinished. */
export interface Unfinished {
  /** In words: `container oracle_staging_redis`. */
  what: string;
  /** Is it among these resources of a state, and so not unfinished? */
  isRecorded: (resources: readonly StateResource[]) => boolean;
  /** Removes it; finding it gone is no error. */
  remove: () => Promise<void>;
}

/** Where to look. */
export interface Surroundings {
  docker: Docker;
  session: Session;
  /** Resources of the state. */
  resources: readonly StateResource[];
  /** What is older was there before the run began, by the host's clock: seconds since 1970. */
  notBefore: number;
  /** Tells what takes its time, and what is left alone. */
  say: (line: string) => void;
}

/** Seconds that a unfinished container has to stop. */
const stopSeconds = 10;
/** Seconds that a migration may take which doesn't say otherwise. */
const migrationSeconds = 600;

const hasId = (id: string) => (resources: readonly StateResource[]) =>
  resources.some((resource) => resource.id === id);

function isKnown({ resources }: Surroundings, id: string): boolean {
  return hasId(id)(resources);
}

/** Is it no older than the run? Else somebody else made it, who keeps a state of his own for the same environment. */
function isFresh({ notBefore, say }: Surroundings, what: string, created: number): boolean {
  if (created >= notBefore) return true;
  say(`${what} is not in the state, and older than the run that ended: left alone`);
  return false;
}

async function ownContainer(around: Surroundings, name: string): Promise<Docker.ContainerInfo | undefined> {
  const { docker, session } = around;
  const filters = labelFilter(session.project.name, session.stack);
  const containers = await docker.listContainers({ all: true, filters });
  const facts = containers.find(({ Id, Names }) => Names.includes(`/${name}`) && !isKnown(around, Id));
  return facts !== undefined && isFresh(around, `container ${name}`, facts.Created) ? facts : undefined;
}

/**
 * A container that was never started serves nobody; one that was is this state's where it is on a network of this
 * state. Else it belongs to somebody who keeps a state of his own for the same environment.
 */
function isOfThisState(around: Surroundings, { State, NetworkSettings }: Docker.ContainerInfo): boolean {
  const networks = Object.values(NetworkSettings?.Networks ?? {});
  return State === "created" || networks.some(({ NetworkID }) => isKnown(around, NetworkID));
}

async function findContainer(around: Surroundings, name: string): Promise<Unfinished | undefined> {
  const facts = await ownContainer(around, name);
  if (facts === undefined) return undefined;
  if (!isOfThisState(around, facts)) {
    around.say(`container ${name} is not in the state, and runs on a network that isn't either: left alone`);
    return undefined;
  }
  const container = around.docker.getContainer(facts.Id);
  const remove = async () => {
    if (facts.State === "running") await container.stop({ t: stopSeconds });
    await container.remove({ force: true, v: true });
  };
  return {
    what: `container ${name}`,
    isRecorded: hasId(facts.Id),
    remove: async () => void (await found(remove())),
  };
}

/** A migration that still runs is let finish: killed, it could leave a statement half done. */
async function findMigration(
  around: Surroundings,
  { inputs = {} }: StateResource,
): Promise<Unfinished | undefined> {
  const name = String(inputs.containerName ?? "");
  const facts = await ownContainer(around, name);
  if (facts === undefined) return undefined;
  const container = around.docker.getContainer(facts.Id);
  const remove = async () => {
    const seconds = Number(inputs.timeoutSeconds ?? migrationSeconds);
    const deadline = Date.now() + seconds * 1000;
    if (facts.State === "running") around.say(`the migration of an earlier run goes on: waiting for its end`);
    while ((await container.inspect()).State.Running && Date.now() < deadline) await sleep(250);
    await container.remove({ force: true, v: true });
  };
  return {
    what: `container ${name}`,
    isRecorded: hasId(facts.Id),
    remove: async () => void (await found(remove())),
  };
}

async function findNetwork(around: Surroundings, name: string): Promise<Unfinished | undefined> {
  const { docker, session } = around;
  const filters = labelFilter(session.project.name, session.stack);
  const facts = (await docker.listNetworks({ filters })).find(
    ({ Name, Id }) => Name === name && !isKnown(around, Id),
  );
  if (facts === undefined) return undefined;
  if (!isFresh(around, `network ${name}`, Date.parse(facts.Created) / 1000)) return undefined;
  // Docker refuses where containers are joined to it.
  const remove = async () => void (await found(docker.getNetwork(facts.Id).remove()));
  return { what: `network ${name}`, isRecorded: hasId(facts.Id), remove };
}

/** Containers that an operation made only to read or write something through them, and was killed before it removed them. */
export async function findTransient(around: Surroundings): Promise<Unfinished[]> {
  const { docker, session } = around;
  const { label } = JSON.parse(labelFilter(session.project.name, session.stack)) as { label: string[] };
  const filters = JSON.stringify({ label: [...label, TRANSIENT], status: ["created"] });
  const containers = await docker.listContainers({ all: true, filters });
  return containers.map(({ Id, Names }) => ({
    what: `container ${(Names[0] ?? Id).replace(/^\//, "")}`,
    isRecorded: hasId(Id),
    remove: async () => void (await found(docker.getContainer(Id).remove({ force: true, v: true }))),
  }));
}

/** Types that are looked for, by whether a broken creation can leave them behind. */
const traceable = [
  ...[types.container, types.network, types.migration],
  ...[types.volume, types.database, types.role],
];

/** Can the operation have left something behind that would be looked for? */
export function isTraceable({ type, resource }: OpenEnd): boolean {
  if (resource.type === types.migration) return type === "creating" || type === "updating";
  return type === "creating" && traceable.includes(resource.type);
}

/**
 * Looks for what an operation left behind.
 *
 * @returns undefined where there is nothing, or it isn't this state's.
 */
export async function findUnfinished(
  around: Surroundings,
  openEnd: OpenEnd,
): Promise<Unfinished | undefined> {
  if (!isTraceable(openEnd)) return undefined;
  const { resource } = openEnd;
  const name = String(resource.inputs?.name ?? "");
  switch (resource.type) {
    case types.migration:
      return await findMigration(around, resource);
    case types.container:
      return await findContainer(around, name);
    case types.network:
      return await findNetwork(around, name);
    case types.volume:
      return await findVolume(around, name);
    case types.role:
      return await findRole(around, resource);
    default:
      return await findDatabase(around, resource);
  }
}
