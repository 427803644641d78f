// How tables look: no frames, so that columns can be cut and grepped.
import Table from "cli-table3";
import pc from "picocolors";
import { printable } from "../../lib/printable.ts";

const noFrame = Object.fromEntries(
  ["top", "bottom", "left", "right", "mid"]
    .flatMap((side) => [side, `${side}-mid`, `${side}-left`, `${side}-right`])
    .map((name) => [name, ""]),
);

/** Renders rows under headings, without a line end at the end. Cells may hold what others made: a terminal gets it harmless. */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    chars: { ...noFrame, middle: "  " },
    // Colours are set by picocolors, which knows pipes and NO_COLOR.
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [] },
    head: head.map((text) => pc.bold(text)),
  });
  table.push(...rows.map((row) => row.map(printable)));
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}
