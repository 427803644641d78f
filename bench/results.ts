// Keeps what a benchmark measured: a table for people and the figures for programs, with date and machine.
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";

/** Seconds of one case over all rounds. */
export interface Figure {
  name: string;
  min: number;
  median: number;
  max: number;
}

export interface Measurement {
  title: string;
  rounds: number;
  /** How the rounds went. @default "interleaved rounds after one to warm up" */
  manner?: string;
  /** Name of the case that the ratios refer to. */
  base: string;
  figures: Figure[];
  /** Single figures, by description. */
  extra?: Record<string, string>;
}

/** Minimum, median and maximum of the rounds. */
export function figure(name: string, seconds: number[]): Figure {
  const sorted = [...seconds].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.round((sorted.length - 1) * share)] ?? Number.NaN;
  return { name, min: at(0), median: at(0.5), max: at(1) };
}

/** Prints the table and writes `bench/results/<name>.md` and `.json`. */
export function writeResult(name: string, measurement: Measurement): void {
  const date = new Date().toISOString().slice(0, 10);
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? "?"}, Node ${process.version}`;
  const base = measurement.figures.find((entry) => entry.name === measurement.base)?.median ?? Number.NaN;
  const rows = measurement.figures.map(
    ({ name: row, min, median, max }) =>
      `| ${row} | ${min.toFixed(2)} | ${median.toFixed(2)} | ${max.toFixed(2)} | ${(median / base).toFixed(2)} |`,
  );
  const extra = Object.entries(measurement.extra ?? {}).map(([what, value]) => `- ${what}: ${value}`);
  const text = [
    `# ${measurement.title}`,
    "",
    `${date}, ${measurement.rounds} ${measurement.manner ?? "interleaved rounds after one to warm up"}, on ${machine}. Seconds hold for this`,
    "machine only; compare the ratios.",
    "",
    "| | min s | median s | max s | ratio |",
    "|---|---|---|---|---|",
    ...rows,
    "",
    ...extra,
    "",
  ].join("\n");
  const folder = fileURLToPath(new URL("./results/", import.meta.url));
  writeFileSync(`${folder}${name}.md`, text);
  writeFileSync(`${folder}${name}.json`, `${JSON.stringify({ date, machine, ...measurement }, null, 2)}\n`);
  process.stdout.write(`${text}\n`);
}

/** The figures of the last run, for tests that hold them against a limit. */
export function readResult(name: string): Measurement & { date: string } {
  const file = new URL(`./results/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, "utf8")) as Measurement & { date: string };
}
