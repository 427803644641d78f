// Tells what an earlier run left, and touches nothing: `tandem preview` only looks, `tandem up` clears up.
import { UserError } from "../../engine/errors.ts";
import { locksOf, type Session } from "../../engine/session.ts";
import { deadLocks } from "../../engine/state/stack-locks.ts";
import { brokenStateFiles } from "../../engine/state/state-folder.ts";
import { currentDeployment, keptState } from "../../engine/state/state-transfer.ts";
import { upCommand } from "../../engine/systems.ts";
import { describeOpenEnd, pendingIn, readOpenEnds } from "./open-ends.ts";

/**
 * Tells what the next `tandem up` would clear up.
 *
 * @throws UserError where the state doesn't say what is there until that was done: a preview would not be true.
 */
export async function tellLeftovers(session: Session, say: (line: string) => void): Promise<void> {
  const { backend, project, stack } = session;
  const kept = keptState(session);
  if (kept !== undefined) {
    const deleting = kept.deleting !== undefined;
    throw new UserError(
      `a \`tandem down${deleting ? " --delete-data" : ""}\` of ${stack} did not come to its end: its state is not whole, ` +
        "and a preview of it would not be true",
      deleting
        ? `\`${upCommand(project, stack)}\` first deletes the rest of its data`
        : `\`${upCommand(project, stack)}\` puts its data back and goes on from there; \`down\` ends what was begun`,
    );
  }
  const broken = backend.kind === "file" ? brokenStateFiles(backend.directory, project.name, stack) : [];
  if (broken.some((file) => file.endsWith(".attrs"))) {
    throw new UserError(
      `a run that was killed left ${broken.join(", ")} torn, and the engine can't read the state beside it`,
      `\`${upCommand(project, stack)}\` fixes it`,
    );
  }
  const locks = locksOf(session);
  for (const { timestamp, death } of locks === undefined ? [] : deadLocks(locks)) {
    say(
      `a run that died left a lock from ${timestamp} (${death}): \`${upCommand(project, stack)}\` removes it`,
    );
  }
  const openEnds = [...pendingIn(await currentDeployment(session)), ...readOpenEnds(session)];
  for (const openEnd of openEnds) {
    say(
      `an earlier run ended while ${describeOpenEnd(openEnd)}: \`${upCommand(project, stack)}\` looks what became of it`,
    );
  }
}
