// Before a command works on a stack: nobody else may, and what a dead run left is cleared up.

import { say } from "../../engine/say.ts";
import { locksOf, type Session } from "../../engine/session.ts";
import type { Deployment } from "../../engine/state/backend.ts";
import { awaitRemoteStack } from "../../engine/state/remote-locks.ts";
import { holdStack } from "../../engine/state/stack-hold.ts";
import { awaitStack } from "../../engine/state/stack-locks.ts";
import { fixStateFolder } from "../../engine/state/state-folder.ts";
import { currentDeployment, keptState, restoreData } from "../../engine/state/state-transfer.ts";
import { finishDeletion } from "./data-deletion.ts";
import { forgetGone } from "./gone.ts";
import { tellLeftovers } from "./leftovers.ts";
import { readBegin } from "./open-ends.ts";
import { recover } from "./recovery.ts";

/** Goes on with a `down` that did not come to its end. */
export async function settleDown(session: Session): Promise<void> {
  const kept = keptState(session);
  if (kept === undefined) return;
  const begun = `${session.stack}: a \`tandem down\` did not come to its end;`;
  if (kept.deleting === undefined) {
    await restoreData(session, kept);
    say(`${begun} its data is back in the state`);
  } else {
    await finishDeletion(session, kept.deleting);
    say(`${begun} the rest of the data that it was to delete is deleted: ${kept.deleting.join(", ")}`);
  }
}

/**
 * Waits until nobody works on the stack, and where something is to be changed clears up after a run that died; else what
 * is left of it is only told.
 *
 * @param wait seconds to wait while another run holds the stack
 * @returns its state; undefined where there is none yet.
 */
export async function settle(
  session: Session,
  { change, keepGone }: { change: boolean; keepGone: boolean },
  wait: number,
): Promise<Deployment | undefined> {
  const { backend, project, stack } = session;
  const deadline = Date.now() + wait * 1000;
  const left = () => Math.max(0, deadline - Date.now()) / 1000;
  if (change) await holdStack(session, { waitSeconds: left(), say });
  const locks = locksOf(session);
  if (locks !== undefined) await awaitStack(locks, stack, { waitSeconds: left(), say, look: !change });
  if (!change) {
    await tellLeftovers(session, say);
    return await currentDeployment(session);
  }
  if (backend.kind === "file") fixStateFolder(backend.directory, project.name, stack);
  const deployment = await currentDeployment(session);
  if (deployment === undefined) return undefined;
  if (backend.kind === "remote" && (readBegin(session) > 0 || wait > 0)) {
    await awaitRemoteStack(session, deployment, { waitSeconds: left(), say });
  }
  await recover(session, deployment, say);
  if (!keepGone) await forgetGone(session, deployment, say);
  return deployment;
}
