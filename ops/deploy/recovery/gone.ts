// Containers, networks and volumes without data that the state knows and somebody removed by hand. The engine's `up`
// doesn't look for them, so before a run it is shown what is gone: it then makes it again as what it is, something new.

import type Docker from "dockerode";
import { types } from "../../../lib/resource-types.ts";
import { withDocker } from "../../engine/docker-client.ts";
import { askEngine, stackFlags } from "../../engine/engine.ts";
import { output } from "../../engine/place.ts";
import { dockerHostOf, type Session } from "../../engine/session.ts";
import type { Deployment, StateResource } from "../../engine/state/backend.ts";
import { removeLeftOneOffs } from "./one-offs.ts";

/** What a host has, as far as it is asked for. */
export interface Standing {
  containers: readonly Pick<Docker.ContainerInfo, "Id" | "State" | "NetworkSettings">[];
  networks: readonly { Id: string }[];
  volumes: readonly { Name: string }[];
}

/** What is gone. */
export interface Gone {
  resources: StateResource[];
  /** Containers that stand still on a network that is gone, so that they can't be started: Docker ids. */
  stranded: string[];
  /** Names of volumes with data that are gone: then this may be another host, and nothing is to be made again. */
  lostData: string[];
}

const holdsData = ({ protect, retainOnDelete }: StateResource) => protect === true || retainOnDelete === true;

/** Compares a state with what stands on its host. */
export function goneOf(resources: readonly StateResource[], host: Standing): Gone {
  const ids = new Set([...host.containers, ...host.networks].map(({ Id }) => Id));
  const volumes = new Set(host.volumes.map(({ Name }) => Name));
  const stands = ({ type, id = "" }: StateResource) =>
    type === types.volume ? volumes.has(id) : ids.has(id);
  const missing = resources.filter(
    (one) =>
      one.delete !== true &&
      [types.container, types.network, types.volume].includes(one.type) &&
      !stands(one),
  );
  const isLost = (one: StateResource) => one.type === types.volume && holdsData(one);
  const goneNetworks = new Set(missing.flatMap(({ type, id }) => (type === types.network ? (id ?? []) : [])));
  const own = new Map(
    resources.flatMap((one) => (one.type === types.container ? [[one.id ?? "", one]] : [])),
  );
  const stranded = host.containers.filter(
    ({ Id, State, NetworkSettings }) =>
      own.has(Id) &&
      State !== "running" &&
      Object.values(NetworkSettings?.Networks ?? {}).some(({ NetworkID }) => goneNetworks.has(NetworkID)),
  );
  return {
    resources: [...missing.filter((one) => !isLost(one)), ...stranded.flatMap(({ Id }) => own.get(Id) ?? [])],
    stranded: stranded.map(({ Id }) => Id),
    lostData: missing.filter(isLost).map(({ id = "" }) => id),
  };
}

async function standing(docker: Docker): Promise<Standing & { containers: Docker.ContainerInfo[] }> {
  const [containers, networks, { Volumes }] = await Promise.all([
    docker.listContainers({ all: true }),
    docker.listNetworks(),
    docker.listVolumes(),
  ]);
  return { containers, networks: networks as { Id: string }[], volumes: Volumes ?? [] };
}

const WORDS: Readonly<Record<string, string>> = {
  [types.container]: "container",
  [types.network]: "network",
  [types.volume]: "volume",
};

const describe = (resource: StateResource) =>
  `${WORDS[resource.type]} ${output(resource, "name") || resource.id}`;

/**
 * What of a state is gone from its host, in words; nothing is changed.
 *
 * @returns also whether a database server is among it: what is on that one can't be refreshed
 */
export async function goneNames(
  session: Session,
  deployment: Deployment | undefined,
): Promise<{ names: string[]; server: boolean }> {
  const host = dockerHostOf(session.project, session.file);
  const known = deployment?.resources ?? [];
  const { resources } = await withDocker(host, async (docker) => goneOf(known, await standing(docker)));
  const servers = new Set(
    known.filter(({ type }) => type === types.admin).map((one) => output(one, "containerId")),
  );
  return { names: resources.map(describe), server: resources.some(({ id = "" }) => servers.has(id)) };
}

/**
 * Lets the engine see what is gone. It takes the stack's lock for that.
 *
 * @param say told of each thing
 */
export async function forgetGone(
  session: Session,
  deployment: Deployment,
  say: (line: string) => void,
): Promise<void> {
  const host = dockerHostOf(session.project, session.file);
  await withDocker(host, async (docker) => {
    const stands = await standing(docker);
    // In the same look at the host, which may be a slow one.
    await removeLeftOneOffs(docker, session, stands.containers, say);
    const { resources, stranded, lostData } = goneOf(deployment.resources ?? [], stands);
    if (resources.length === 0) return;
    if (lostData.length > 0) {
      say(
        `${resources.map(describe).join(", ")}: gone from the Docker host, and so is data (volume ${lostData.join(", ")}). ` +
          "Is it the right host? Nothing of it is made again by itself",
      );
      return;
    }
    for (const id of stranded) await docker.getContainer(id).remove({ v: true });
    await askEngine(session, [
      ...["refresh", "--yes", "--skip-preview", "--skip-pending-creates"],
      ...resources.flatMap(({ urn }) => ["--target", urn]),
      ...stackFlags(session),
    ]);
    for (const resource of resources) say(`${describe(resource)} is gone from the host: it is made again`);
  });
}
