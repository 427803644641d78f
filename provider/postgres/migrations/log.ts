// The log of migrations: one entry per run, kept in the history folder beside the state.
import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Environ, historyFolder } from "../../../lib/data-folder.ts";

/** How a run ended; `interrupted` is one whose end nobody wrote down, because the engine was killed. */
export type MigrationResult = "succeeded" | "failed" | "not-run" | "interrupted";

/** A run. */
export interface MigrationEntry {
  /** Same in both lines of a run. */
  id: string;
  /** When it began (ISO 8601). */
  startedAt: string;
  /** The service that it belongs to. */
  service: string;
  /** The database that it changed, where the topology says which. */
  database?: string;
  /** Content address of the image, and its digests in registries. */
  imageId: string;
  digests: string[];
  command: string[];
  /** Files that were pending; absent where that could not be known. */
  pending?: string[];
  /** What the check of their SQL found, as `rule file:line`. */
  findings: string[];
  /** The restore point that was made before. */
  restorePoint?: string;
  durationMs?: number;
  result: MigrationResult;
  /** Why it failed, or did not run. */
  reason?: string;
  /** Its last lines, without credentials. */
  output: string[];
}

/** The file of an environment. */
export function migrationLog(system: string, environment: string, env: Environ = process.env): string {
  return join(historyFolder(env), system, environment, "migrations.jsonl");
}

/** Appends one line, away from one that a crash tore; the folder is readable by its owner only. */
export function writeEntry(file: string, entry: MigrationEntry): void {
  mkdirSync(join(file, ".."), { recursive: true, mode: 0o700 });
  appendFileSync(file, `\n${JSON.stringify(entry)}\n`, { mode: 0o600 });
}

/** All runs, oldest first; the later line of a run counts. A line that was torn by a crash is left out. */
export function readEntries(file: string): MigrationEntry[] {
  let lines: string[];
  try {
    lines = readFileSync(file, "utf8").split("\n");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  const runs = new Map<string, MigrationEntry>();
  for (const line of lines) {
    try {
      const entry = JSON.parse(line) as MigrationEntry;
      runs.set(entry.id, entry);
    } catch {
      // Blank, or written by a run that was killed meanwhile.
    }
  }
  return [...runs.values()];
}
