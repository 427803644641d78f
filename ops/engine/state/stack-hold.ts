// One command at a time changes a stack: from before it looks at what an earlier run left until it has ended. The
// engine's own lock covers only its own work, and two engines that start at the same moment refuse each other.
import { hostname } from "node:os";
import { join } from "node:path";
import { LockHeldError, takeLock } from "../../../setup/lock.ts";
import { UserError } from "../errors.ts";
import type { Session } from "../session.ts";
import type { LockWait } from "./stack-locks.ts";

/** File of the hold: beside the state where that is a folder, since others may use it too. */
export function holdFile({ backend, paths, project, stack }: Session): string {
  const folder = backend.kind === "file" ? backend.directory : paths.data;
  return join(folder, ".tandem-holds", project.name, `${stack}.json`);
}

/**
 * Holds the stack until this process ends. A dead holder's place is taken.
 *
 * @throws UserError naming who holds it, when the time is over.
 */
export async function holdStack(session: Session, { waitSeconds, say }: LockWait): Promise<void> {
  const who = ({ host, pid, since }: { host: string; pid: number; since: string }) =>
    `${session.stack} is held by another run (${host}, process ${pid}, since ${since})`;
  try {
    await takeLock(holdFile(session), {
      patienceMs: waitSeconds * 1000,
      onWait: (owner) => say(`${who(owner)}: waiting`),
    });
  } catch (error) {
    if (!(error instanceof LockHeldError)) throw error;
    throw new UserError(
      who(error.owner),
      error.owner.host === hostname()
        ? "wait for it with --wait <seconds>"
        : `wait for it with --wait <seconds>; if that machine is gone for good, remove ${holdFile(session)}`,
    );
  }
}
