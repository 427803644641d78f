// Moves a stack's state in and out of the engine, and keeps the copy that makes `tandem down` safe against a crash.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Deployment } from "./backend.ts";
import { askEngine } from "./engine.ts";
import { UserError } from "./errors.ts";
import { withData } from "./kept-state.ts";
import { localDeployment, type Session } from "./session.ts";

/** A stack's state as the engine exports it; secrets in it stay encrypted. */
interface ExportedStack {
  version: number;
  deployment: Deployment;
}

/** File with the state from before a `down` that has not come to its end. */
export function keptFile({ paths, project, stack }: Session): string {
  return join(paths.kept, project.name, `${stack}.json`);
}

/** Exports the state. @throws UserError when the engine refuses. */
export async function exportStack(session: Session): Promise<ExportedStack> {
  const text = await askEngine(session, ["stack", "export", "--stack", session.stack]);
  return JSON.parse(text) as ExportedStack;
}

/** The state as it is now, wherever it is kept; undefined where there is no such stack. */
export async function currentDeployment(session: Session): Promise<Deployment | undefined> {
  if (session.backend.kind === "file") return localDeployment(session);
  try {
    return (await exportStack(session)).deployment ?? {};
  } catch (error) {
    if (error instanceof UserError && /no stack named/.test(error.message)) return undefined;
    throw error;
  }
}

/** Replaces the state. @throws UserError when the engine refuses; the state is then as it was. */
export async function importStack(session: Session, exported: ExportedStack): Promise<void> {
  mkdirSync(session.paths.kept, { recursive: true, mode: 0o700 });
  const folder = mkdtempSync(join(session.paths.kept, "import-"));
  try {
    const file = join(folder, "state.json");
    writeFileSync(file, JSON.stringify(exported), { mode: 0o600 });
    await askEngine(session, ["stack", "import", "--stack", session.stack, "--file", file]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Writes down the state from before a `down`, so that its data finds its way back whatever happens in between. */
export function keepState(session: Session, exported: ExportedStack): void {
  const file = keptFile(session);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.new`, JSON.stringify(exported), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** Forgets that state: its data is back in the stack, or was deleted. */
export function dropKeptState(session: Session): void {
  rmSync(keptFile(session), { force: true });
}

/**
 * Puts the data of an unfinished `down` back into the stack.
 *
 * @returns whether there was any
 */
export async function restoreKeptState(session: Session): Promise<boolean> {
  const file = keptFile(session);
  if (!existsSync(file)) return false;
  const before = JSON.parse(readFileSync(file, "utf8")) as ExportedStack;
  const now = await exportStack(session);
  await importStack(session, { ...now, deployment: withData(now.deployment ?? {}, before.deployment) });
  dropKeptState(session);
  return true;
}
