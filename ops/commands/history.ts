// `tandem history`: who deployed what, when, from which commit, how long it took, what became of it, what users noticed.
import pc from "picocolors";
import { formatSeconds } from "../../setup/durations.ts";
import { type HistoryEntry, historyOf } from "../deploy/release/history.ts";
import { loadProject, loadStackFile } from "../engine/project.ts";
import { openSession } from "../engine/session.ts";
import { renderTable } from "../engine/table.ts";
import { type AddCommand, wholeNumber } from "./command-line.ts";

/** Options of the command. */
export interface HistoryOptions {
  project?: string;
  json?: boolean;
  /** How many versions, the newest. */
  limit: number;
}

function row(entry: HistoryEntry): string[] {
  const paint = entry.result === "succeeded" ? pc.green : entry.result === "failed" ? pc.red : pc.yellow;
  const images = Object.entries(entry.images ?? {}).map(([key, id]) => entry.names[key] ?? id.slice(7, 19));
  const { traffic, durationSeconds } = entry;
  const migrated = entry.migrations.at(-1);
  return [
    String(entry.number),
    entry.startedAt.replace(/\.\d+Z$/, "Z"),
    entry.rollbackTo === undefined ? entry.kind : `rollback to ${entry.rollbackTo}`,
    images.join(" ") || "-",
    entry.commit?.slice(0, 8) ?? "-",
    entry.by ?? "-",
    durationSeconds === undefined ? "-" : formatSeconds(durationSeconds),
    paint(entry.result),
    migrated === undefined ? "-" : migrated.result,
    traffic === undefined ? "-" : `${traffic.failed} of ${traffic.requests}`,
  ];
}

const HEAD = [
  ...["version", "began", "what", "image", "commit", "by", "took", "result", "migration", "failed requests"],
];

/** Runs the command: prints the newest versions last. */
export async function history(stack: string, options: HistoryOptions): Promise<void> {
  const project = loadProject(options.project);
  const session = openSession(project, stack, loadStackFile(project, stack));
  const result = await historyOf(session, options.limit);
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`);
    return;
  }
  if (result.versions.length === 0) {
    process.stdout.write(`${stack} was never deployed\n`);
    return;
  }
  process.stdout.write(`${renderTable(HEAD, result.versions.map(row))}\n`);
  if (result.restorePoints.length === 0) return;
  const points = result.restorePoints.map(({ name, database, bytes, tables }) => [
    name,
    database,
    String(tables),
    `${Math.round(bytes / 1024)} KiB`,
  ]);
  process.stdout.write(`\n${renderTable(["restore point", "database", "tables", "size"], points)}\n`);
}

/** Adds the command. */
export const command: AddCommand = (program, merged) =>
  program
    .command("history")
    .description("show who deployed what, when, and what became of it")
    .argument("[stack]", "environment", "staging")
    .option("--json", "as a JSON document")
    .option("--limit <count>", "how many versions, the newest", wholeNumber, 20)
    .action((stack: string, options: { limit: number }) => history(stack, merged(options)));
