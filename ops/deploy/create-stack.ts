// Makes a stack in the backend.
import { askEngine } from "../engine/engine.ts";
import { UserError } from "../engine/errors.ts";
import type { Session } from "../engine/session.ts";
import { writeInitProject } from "../engine/stack-config.ts";

/** Makes the stack in the backend where it has none yet. Its salt lands in this machine's copy of the stack file, not in the tracked one. */
export async function createStack(session: Session): Promise<void> {
  const folder = session.file.hasSecretsProvider
    ? session.project.directory
    : writeInitProject(session.paths, session.project);
  try {
    await askEngine(session, ["stack", "init", session.stack, "--no-select"], folder);
  } catch (error) {
    if (error instanceof UserError && /already exists/.test(error.message)) return;
    throw error;
  }
}
