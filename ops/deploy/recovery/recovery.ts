// Clears up after a run that was killed, or broke off without a clear answer: what it was making when it ended exists,
// but the state doesn't know it.
//
// Whatever bears the exact name that was written down, carries this environment's labels and is not in the state, is
// unfinished: a container without its files, a network without members, a database without tables. It is removed, and
// made again by the run that follows. Nothing else is touched: what merely looks left over may belong to somebody
// whose state is elsewhere.

import type Docker from "dockerode";
import { types } from "../../../lib/resource-types.ts";
import { found, withDocker } from "../../engine/docker-client.ts";
import { askEngine, stackFlags } from "../../engine/engine.ts";
import { dockerHostOf, type Session } from "../../engine/session.ts";
import type { Deployment, StateResource } from "../../engine/state/backend.ts";
import { currentDeployment } from "../../engine/state/state-transfer.ts";
import { canRepeat, type OpenEnd, pendingIn, readBegin, readOpenEnds, writeOpenEnds } from "./open-ends.ts";
import { endOrphanedPlugins } from "./orphaned-plugins.ts";
import {
  findTransient,
  findUnfinished,
  isTraceable,
  type Surroundings,
  type Unfinished,
} from "./unfinished.ts";

/** Seconds by which the moments of a run and of what it makes may seem turned round: Docker tells whole seconds. */
const slackSeconds = 2;

/** When the run began by the clock of the Docker host, in seconds since 1970. */
async function beginOnHost(docker: Docker, session: Session): Promise<number> {
  const begin = readBegin(session);
  if (begin === 0) return 0;
  const { SystemTime } = (await docker.info()) as { SystemTime: string };
  const ahead = Date.parse(SystemTime) - Date.now();
  return (begin + (Number.isNaN(ahead) ? 0 : ahead)) / 1000 - slackSeconds;
}

type Say = (line: string) => void;

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Does the host still have what the state knows by this id? Only asked of what Docker holds. */
async function stands({ docker }: Surroundings, { type, id = "" }: StateResource): Promise<boolean> {
  switch (type) {
    case types.container:
      return (await found(docker.getContainer(id).inspect())) !== undefined;
    case types.network:
      return (await found(docker.getNetwork(id).inspect())) !== undefined;
    case types.volume:
      return (await found(docker.getVolume(id).inspect())) !== undefined;
    default:
      return true;
  }
}

/** Containers that were recorded before they were complete, for instance without their network; never started. */
async function incompleteContainers({ docker, resources }: Surroundings): Promise<StateResource[]> {
  const incomplete = [];
  for (const resource of resources) {
    if (resource.type !== types.container || !resource.initErrors?.length) continue;
    const facts = await found(docker.getContainer(resource.id ?? "").inspect());
    if (facts === undefined || facts.State.Status === "created") incomplete.push(resource);
  }
  return incomplete;
}

/**
 * Lets the engine look at parts of the state again. It takes the stack's lock for that, so it fails where a living run
 * holds the stack.
 *
 * @param forget drop the notes of what was being made, too
 */
async function refresh(session: Session, urns: readonly string[], forget: boolean): Promise<void> {
  await askEngine(session, [
    ...["refresh", "--yes", "--skip-preview", forget ? "--clear-pending-creates" : "--skip-pending-creates"],
    ...urns.flatMap((urn) => ["--target", urn]),
    ...stackFlags(session),
  ]);
}

async function look(around: Surroundings, openEnds: readonly OpenEnd[]): Promise<(Unfinished | undefined)[]> {
  const things = [];
  for (const openEnd of openEnds) {
    try {
      things.push(await findUnfinished(around, openEnd));
    } catch (error) {
      // The run that follows may still find its way; if not, its error names the same thing.
      around.say(`can't tell what became of ${openEnd.resource.urn}: ${reasonOf(error)}`);
      things.push(undefined);
    }
  }
  return things;
}

/** Removes what was found, unless the state knows it by now. */
async function removeAll(
  { session, say }: Surroundings,
  things: readonly (Unfinished | undefined)[],
): Promise<void> {
  const resources = (await currentDeployment(session))?.resources ?? [];
  for (const thing of things) {
    if (thing === undefined || thing.isRecorded(resources)) continue;
    const { what, remove } = thing;
    try {
      await remove();
      say(`an earlier run ended while it made ${what}: removed`);
    } catch (error) {
      say(`an earlier run ended while it made ${what}; it can't be removed: ${reasonOf(error)}`);
    }
  }
}

/** Lets the engine see that things are gone which an earlier run was removing, or had made by halves. */
async function dropGone(around: Surroundings, pending: readonly OpenEnd[]): Promise<void> {
  const { session, docker, resources } = around;
  const incomplete = await incompleteContainers(around);
  for (const { id = "" } of incomplete) {
    await found(docker.getContainer(id).remove({ force: true, v: true }));
  }
  const gone = new Set(incomplete.map(({ urn }) => urn));
  for (const { type, resource } of pending) {
    // One that waits for its deletion shares its URN with its replacement; deleting it again does no harm.
    const recorded = resources.find(({ urn, id }) => urn === resource.urn && id === resource.id);
    if (type !== "deleting" || recorded === undefined || recorded.delete === true) continue;
    if (!(await stands(around, recorded))) gone.add(resource.urn);
  }
  if (gone.size > 0) await refresh(session, [...gone], false);
}

/**
 * Clears up what an earlier run left unfinished, and takes it off the engine's list. A living run is safe: things are
 * looked for first, then the engine takes the stack's lock, then they are removed unless the state knows them by then.
 *
 * @param deployment the stack's state as it is
 * @param say told of each thing that was removed, and of what could not be
 */
export async function recover(session: Session, deployment: Deployment, say: Say): Promise<void> {
  const resources = deployment.resources ?? [];
  const pending = pendingIn(deployment);
  const openEnds = [...pending, ...readOpenEnds(session)];
  if (openEnds.length === 0 && !resources.some(({ initErrors }) => initErrors?.length)) return;
  await endOrphanedPlugins();
  await withDocker(dockerHostOf(session.project, session.file), async (docker) => {
    const around = { docker, session, resources, say, notBefore: await beginOnHost(docker, session) };
    const things = await look(around, openEnds);
    const transient = await findTransient(around);
    // From here on another kill costs nothing: what is not in the state any more stands here.
    writeOpenEnds(session, openEnds.filter(isTraceable));
    try {
      const root = resources.filter(({ type }) => type === types.stack).map(({ urn }) => urn);
      await refresh(session, root, pending.every(canRepeat));
      await removeAll(around, [...things, ...transient]);
      await dropGone(around, pending);
      // What wasn't there may still come: the far end can be at work on a request whose sender is dead.
      writeOpenEnds(
        session,
        openEnds.filter((openEnd, index) => isTraceable(openEnd) && things[index] === undefined),
      );
    } catch (error) {
      say(`could not clear up after an earlier run: ${reasonOf(error)}`);
    }
  });
}

/** Looks once more for what was not there before a run that has come to its end, and closes the books. */
export async function settleOpenEnds(session: Session, say: Say): Promise<void> {
  const openEnds = readOpenEnds(session);
  if (openEnds.length === 0) return;
  const resources = (await currentDeployment(session))?.resources ?? [];
  await withDocker(dockerHostOf(session.project, session.file), async (docker) => {
    const around = { docker, session, resources, say, notBefore: await beginOnHost(docker, session) };
    await removeAll(around, await look(around, openEnds));
  });
  writeOpenEnds(session, []);
}
