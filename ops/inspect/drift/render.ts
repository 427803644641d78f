// The report on drift: as a table for a terminal, as Markdown for an issue.

import pc from "picocolors";
import { printableLine } from "../../../lib/printable.ts";
import type { Gravity } from "../../../lib/resource-types.ts";
import { renderTable } from "../../engine/table.ts";
import { code, plain } from "../plan/markdown.ts";
import type { Drift } from "./finding.ts";

/** What was found in one stack. */
export interface DriftReport {
  project: string;
  stack: string;
  /** The command that looks again; with `--fix` it fixes what is safe. */
  command: string;
  /** ISO 8601. */
  at: string;
  seconds: number;
  drifts: Drift[];
}

const WORDS: Readonly<Record<Gravity, string>> = {
  safe: "safe to fix",
  person: "needs a person",
  data: "data at risk",
};
const PAINT = { safe: pc.green, person: pc.yellow, data: pc.red } as const;

const day = (iso: string) => iso.slice(0, 16).replace("T", " ");

/** For a terminal. */
export function renderText({ stack, command, drifts, seconds }: DriftReport): string {
  if (drifts.length === 0) return `${pc.bold(stack)} no drift, ${seconds.toFixed(1)} s`;
  const rows = drifts.map(({ subject, details, gravity, firstSeen }) => [
    PAINT[gravity](WORDS[gravity]),
    printableLine(subject),
    printableLine(details.join("; ")),
    day(firstSeen),
  ]);
  const ways = drifts.flatMap(({ subject, fix }) =>
    fix.length === 0 ? [] : [`  ${printableLine(subject)}: ${printableLine(fix.join("; "))}`],
  );
  const safe = drifts.some(({ gravity }) => gravity === "safe") ? [`  the rest: ${command} --fix`] : [];
  return [
    `${pc.bold(stack)} ${drifts.length} drifted, ${seconds.toFixed(1)} s`,
    renderTable(["", "what", "how", "since (UTC)"], rows),
    "To do:",
    ...ways,
    ...safe,
  ].join("\n");
}

/** GitHub refuses an issue's text that is longer. Characters. */
const ISSUE_LIMIT = 65_536;

/** Invisible line by which a stack's issue is found again. */
export function driftMarker(project: string, stack: string): string {
  return `<!-- tandem-drift:${`${project}/${stack}`.replace(/[^\w./-]/g, "_")} -->`;
}

/** For an issue. */
export function renderDriftMarkdown({ project, stack, command, at, drifts }: DriftReport): string {
  const head = `${driftMarker(project, stack)}\n## ${plain(stack)} of ${plain(project)}: ${drifts.length === 0 ? "no drift" : `${drifts.length} drifted`}\n\nAs of ${day(at)} UTC.\n`;
  if (drifts.length === 0) return head;
  const rows = drifts.map(
    ({ subject, details, gravity, fix, firstSeen }) =>
      `| ${WORDS[gravity]} | ${code(subject)} | ${plain(details.join("; "))} | ${fix.map(code).join("<br>") || code(`${command} --fix`)} | ${day(firstSeen)} |`,
  );
  const table = ["", "| | what | how | to do | since (UTC) |", "|---|---|---|---|---|"];
  let length = head.length + table.join("\n").length + 200;
  const fitting = rows.filter((row) => {
    length += row.length + 1;
    return length < ISSUE_LIMIT;
  });
  const rest = rows.length - fitting.length;
  return [
    head,
    ...table.slice(1),
    ...fitting,
    ...(rest > 0 ? ["", `… and ${rest} more: \`${command}\``] : []),
    "",
  ].join("\n");
}
