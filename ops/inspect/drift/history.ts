// What runs of `tandem drift` saw, kept beside the stack's other history: since when a drift is there, and the last runs.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Paths } from "../../../setup/paths.ts";

/** A run that came to its end. */
export interface DriftRun {
  /** ISO 8601. */
  at: string;
  seconds: number;
  /** Subjects that had drifted. */
  subjects: string[];
}

/** The history of a stack. */
export interface DriftHistory {
  /** When each drift that was there at the last run was seen first, by subject. */
  firstSeen: Record<string, string>;
  /** The last runs, oldest first. */
  runs: DriftRun[];
}

/** Runs that are kept. */
const KEPT = 200;

const fileOf = (paths: Paths, project: string, stack: string) =>
  join(paths.history, project, stack, "drift.json");

/**
 * Reads the history; an empty one where there is none yet.
 *
 * @throws when the file is damaged: with its name.
 */
export function readHistory(paths: Paths, project: string, stack: string): DriftHistory {
  const file = fileOf(paths, project, stack);
  if (!existsSync(file)) return { firstSeen: {}, runs: [] };
  try {
    return JSON.parse(readFileSync(file, "utf8")) as DriftHistory;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${file} can't be read (${reason}): remove it; only the times of earlier runs are lost`);
  }
}

/** Adds a run: what was there before keeps its time, what is gone is forgotten. Returns since when each is there. */
export function addRun(before: DriftHistory, run: DriftRun): DriftHistory {
  const firstSeen = Object.fromEntries(
    run.subjects.map((subject) => [subject, before.firstSeen[subject] ?? run.at]),
  );
  return { firstSeen, runs: [...before.runs, run].slice(-KEPT) };
}

/** Writes the history in one step. */
export function writeHistory(paths: Paths, project: string, stack: string, history: DriftHistory): void {
  const file = fileOf(paths, project, stack);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const next = `${file}.${process.pid}`;
  writeFileSync(next, `${JSON.stringify(history)}\n`, { mode: 0o600 });
  renameSync(next, file);
}
