// `tandem performance`: whether two environments are equally fast, on equal resources.
import { InvalidArgumentError } from "commander";
import pc from "picocolors";
import { endingWith } from "../engine/errors.ts";
import { loadProject } from "../engine/project.ts";
import { renderTable } from "../engine/table.ts";
import type { Row } from "../inspect/acceptance/compare.ts";
import { comparePerformance } from "../inspect/acceptance/performance.ts";
import type { AddCommand } from "./command-line.ts";

/** Options of the command. */
export interface PerformanceOptions {
  project?: string;
  /** Print a JSON document instead of a table. */
  json?: boolean;
  /** How many times the smaller value the greater one may be. */
  within: number;
}

/** Exit codes of the command. */
export const performanceCodes = { comparable: 0, error: 1, different: 2 } as const;

function shown(value: number | undefined, unit: string): string {
  if (value === undefined) return pc.dim("none");
  return `${Number(value.toFixed(value < 10 ? 2 : 0))} ${unit}`;
}

function render(environments: readonly [string, string], rows: readonly Row[], within: number): string {
  const lines = rows.map(({ name, unit, values, comparable }) => [
    comparable ? pc.green("ok") : pc.red("differs"),
    name,
    ...values.map((value) => shown(value, unit)),
  ]);
  const good = rows.filter(({ comparable }) => comparable).length;
  const sum = `${good} of ${rows.length} are comparable: within ${within} times each other, limits the same`;
  return `${renderTable(["", "median of", ...environments], lines)}\n${sum}`;
}

/**
 * Runs the command.
 *
 * @returns its exit code
 * @throws UserError where one of them isn't up, or their system doesn't say how it is accepted.
 */
export async function performanceOf(
  one: string,
  other: string,
  options: PerformanceOptions,
): Promise<number> {
  const project = loadProject(options.project);
  const environments = [one, other] as const;
  const rows = await endingWith(performanceCodes.error, () =>
    comparePerformance(project, environments, options.within),
  );
  const document = JSON.stringify(
    { project: project.name, environments, within: options.within, rows },
    null,
    2,
  );
  process.stdout.write(`${options.json === true ? document : render(environments, rows, options.within)}\n`);
  return rows.every(({ comparable }) => comparable)
    ? performanceCodes.comparable
    : performanceCodes.different;
}

function factor(text: string): number {
  const number = Number(text);
  if (!(number >= 1)) throw new InvalidArgumentError("give a number, 1 or more");
  return number;
}

/** Adds the command. */
export const command: AddCommand = (program, merged) =>
  program
    .command("performance")
    .description("measure two environments in turns; exit code 2 if they are not equally fast")
    .argument("[one]", "environment", "staging")
    .argument("[other]", "environment", "production")
    .option("--within <factor>", "how many times the smaller value the greater one may be", factor, 2)
    .option("--json", "as a JSON document")
    .action(async (one: string, other: string, options: { within: number; json?: boolean }) => {
      process.exitCode = await performanceOf(one, other, merged(options));
    });
