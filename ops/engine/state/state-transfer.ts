// Moves a stack's state in and out of the engine, and keeps the copy that makes `tandem down` safe against a crash.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { askEngine } from "../engine.ts";
import { UserError } from "../errors.ts";
import { localDeployment, type Session } from "../session.ts";
import type { Deployment } from "./backend.ts";
import { endsWithVolumes, isData, type Stays, withData } from "./kept-state.ts";

/** A stack's state as the engine exports it; secrets in it stay encrypted. */
export interface ExportedStack {
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

/** What an unfinished `down` left. */
interface KeptStack extends ExportedStack {
  /** Was its data to go too? Then the engine saw, and destroyed, what lives outside the volumes. */
  deleteData?: boolean;
  /** Volumes that were being deleted, after everything else was gone: their data can't come back whole. */
  deleting?: string[];
}

/** Writes down the state from before a `down`, so that its data finds its way back whatever happens in between. */
export function keepState(session: Session, kept: KeptStack): void {
  const file = keptFile(session);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.new`, JSON.stringify(kept), { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
}

/**
 * What an unfinished `down` left; undefined where there is none.
 *
 * @throws UserError when the file is damaged.
 */
export function keptState(session: Session): KeptStack | undefined {
  const file = keptFile(session);
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, "utf8")) as KeptStack;
  } catch (error) {
    throw new UserError(
      `${file}, the state of ${session.stack} from before a \`tandem down\` that did not come to its end, can't be ` +
        `read: ${error instanceof Error ? error.message : String(error)}`,
      "put it back from a backup; or move it away, and the data of the environment is unknown to its state",
    );
  }
}

/** What a `down` keeps out of the engine's sight. */
export function hiddenBy({ deleteData }: Pick<KeptStack, "deleteData">): Stays {
  return deleteData === true ? endsWithVolumes : isData;
}

/** Forgets that state: its data is back in the stack, or was deleted. */
export function dropKeptState(session: Session): void {
  rmSync(keptFile(session), { force: true });
}

/** Puts the data of the state `before` a `down` back into the stack. */
export async function restoreData(session: Session, before: KeptStack): Promise<void> {
  const now = await exportStack(session);
  const deployment = withData(now.deployment ?? {}, before.deployment, hiddenBy(before));
  await importStack(session, { ...now, deployment });
  dropKeptState(session);
}
