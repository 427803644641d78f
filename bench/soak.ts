// What the long runs of `./tandem test soak` came to, the last one of each: kept beside the benchmarks' results.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";

/** The last run of one long test. */
export interface SoakRun {
  /** Day of the run. */
  date: string;
  machine: string;
  /** What was run. */
  what: string;
  /** Whether all was as it must be. */
  passed: boolean;
  /** What came of it, by description. */
  findings: Record<string, string>;
}

const path = (extension: string) => fileURLToPath(new URL(`./results/soak.${extension}`, import.meta.url));

/** The last run of each, by the name of its test. */
export function readSoak(): Record<string, SoakRun> {
  const file = path("json");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Record<string, SoakRun>) : {};
}

function told([name, { date, machine, what, passed, findings }]: [string, SoakRun]): string[] {
  return [
    `## ${name}: ${passed ? "passed" : "FAILED"}`,
    "",
    `${date}, on ${machine}: ${what}.`,
    "",
    ...Object.entries(findings).map(([of, found]) => `- ${of}: ${found}`),
    "",
  ];
}

/** Writes `bench/results/soak.md` and `.json`, with this run in the place of the last one of its name. */
export function recordSoak(name: string, run: Pick<SoakRun, "what" | "passed" | "findings">): void {
  const date = new Date().toISOString().slice(0, 10);
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? "?"}, Node ${process.version}`;
  const runs = { ...readSoak(), [name]: { date, machine, ...run } };
  const sorted = Object.entries(runs).sort(([a], [b]) => a.localeCompare(b, "en", { numeric: true }));
  writeFileSync(path("json"), `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`);
  const text = ["# The last long runs (`./tandem test soak`)", "", ...sorted.flatMap(told)];
  writeFileSync(path("md"), text.join("\n"));
}
