// The rows of each system's table that tests show: a test named `<System>: <row>` belongs to the system in that folder of stacks/.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../setup/paths.ts";

/** A test as a runner reports it. */
export interface TestResult {
  title: string;
  /** `passed`, `failed`, `skipped`, `pending`, `todo`. */
  status: string;
}

/** A row of a system's table, and how the test that shows it ended. */
export interface SystemRow {
  /** As the test writes it, for example `Blue Banded Bee`. */
  system: string;
  row: string;
  status: string;
}

/** Names of the systems: the folders in `stacks/`. */
export function systemFolders(): string[] {
  return readdirSync(join(packageRoot, "stacks"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}

/** The tests that show a row of a system. */
export function systemRows(results: readonly TestResult[], systems: readonly string[]): SystemRow[] {
  return results.flatMap(({ title, status }): SystemRow[] => {
    const [, system, row] = /^([^:]+): (.+)$/s.exec(title) ?? [];
    if (system === undefined || row === undefined) return [];
    return systems.includes(system.toLowerCase().replaceAll(" ", "-")) ? [{ system, row, status }] : [];
  });
}

const MARKS: Readonly<Record<string, string>> = { passed: "✓", failed: "✗" };

/** The rows by system, one line each; empty where there are none. What was neither passed nor failed was skipped. */
export function renderRows(rows: readonly SystemRow[]): string {
  const systems = Map.groupBy(rows, ({ system }) => system);
  return [...systems]
    .toSorted(([one], [other]) => one.localeCompare(other))
    .map(([system, own]) => {
      const shown = own.filter(({ status }) => status === "passed").length;
      const lines = own.map(
        ({ row, status }) => `  ${MARKS[status] ?? "-"} ${row}${status in MARKS ? "" : " (skipped)"}`,
      );
      return [`${system}: ${shown} of ${own.length} rows shown`, ...lines].join("\n");
    })
    .join("\n");
}
