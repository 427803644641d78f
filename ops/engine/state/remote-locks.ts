// Locks in a backend that is no folder of this machine (s3://, gs://, azblob://, postgres://): they can't be listed, but the
// engine names them when it is refused. One of this machine whose process is gone is removed by `pulumi cancel`; while it
// is there nobody else gets a lock, so no living one can go with it. Pulumi's own service ends a dead run's lease itself.

import { setTimeout as sleep } from "node:timers/promises";
import { types } from "../../../lib/resource-types.ts";
import { askEngine, stackFlags } from "../engine.ts";
import { UserError } from "../errors.ts";
import type { Session } from "../session.ts";
import type { Deployment } from "./backend.ts";
import { deathOf, heldBy, type LockWait, type StackLock } from "./stack-locks.ts";

/** Milliseconds between two looks: each is a run of the engine. */
const pollMs = 2000;

/** Reads the locks from the engine's refusal. */
export function locksIn(refusal: string): StackLock[] {
  const lines = refusal.matchAll(/^\s*(\S+): created by (.*)@(\S+) \(pid (\d+)\) at (\S+)$/gm);
  return [...lines].map(([, file = "", username = "", hostname = "", pid = "", timestamp = ""]) => ({
    ...{ file, username, hostname, timestamp },
    pid: Number(pid),
  }));
}

/** Takes the lock and gives it back, changing nothing: a refresh of the stack's root. */
async function locksOnTheWay(session: Session, deployment: Deployment): Promise<StackLock[]> {
  const root = (deployment.resources ?? []).find(({ type }) => type === types.stack);
  try {
    const flags = ["--yes", "--skip-preview", "--skip-pending-creates", ...stackFlags(session)];
    await askEngine(session, ["refresh", ...flags, ...(root === undefined ? [] : ["--target", root.urn])]);
    return [];
  } catch (error) {
    // Whatever else is wrong, the run that follows says it on the user's terminal.
    return error instanceof UserError ? locksIn(error.message) : [];
  }
}

/**
 * Makes sure that nobody holds a stack of a backend elsewhere: removes the lock of a run that died on this machine, and
 * waits for others.
 *
 * @throws UserError naming who holds it, when the time is over.
 */
export async function awaitRemoteStack(
  session: Session,
  deployment: Deployment,
  { waitSeconds, say }: LockWait,
): Promise<void> {
  const deadline = Date.now() + waitSeconds * 1000;
  for (let told = false; ; told = true) {
    const locks = await locksOnTheWay(session, deployment);
    const living = locks.find((lock) => deathOf(lock) === undefined);
    if (living === undefined) {
      if (locks.length === 0) return;
      await askEngine(session, ["cancel", session.stack, "--yes"]);
      for (const lock of locks) {
        say(`a run that died left a lock from ${lock.timestamp}: removed, because ${deathOf(lock)}`);
      }
      return;
    }
    const { message, fix } = heldBy(session.stack, living);
    if (Date.now() >= deadline) throw new UserError(message, fix);
    if (!told) say(`${message}: waiting`);
    await sleep(pollMs);
  }
}
