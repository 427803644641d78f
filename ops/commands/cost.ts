// `tandem cost`: what each environment costs a month, from what runs and the system's price table.
import pc from "picocolors";
import { UserError } from "../engine/errors.ts";
import { loadProject, stackNames } from "../engine/project.ts";
import { renderTable } from "../engine/table.ts";
import { type MonthlyCost, money } from "../inspect/cost/cost.ts";
import { costOfStack } from "../inspect/cost/stack-cost.ts";
import type { AddCommand } from "./command-line.ts";

/** Options of the command. */
export interface CostOptions {
  project?: string;
  /** Print a JSON document instead of tables. */
  json?: boolean;
}

/** A month of one environment, as `--json` shows it. */
interface EnvironmentCost extends MonthlyCost {
  environment: string;
}

function render({ environment, currency, lines, unpriced, ...sum }: EnvironmentCost): string {
  const rows = lines.map((line) => [`  ${line.item}`, line.quantity, money(line, currency)]);
  const total = `${pc.bold(environment)} ${pc.bold(money(sum, currency))} a month`;
  const table = renderTable(["  item", "what runs", "a month"], rows);
  const without = unpriced.length === 0 ? "" : `\n  ${pc.yellow(`without a price: ${unpriced.join(", ")}`)}`;
  return `${total}\n${table}${without}`;
}

/**
 * Runs the command.
 *
 * @param stacks environments; all without one
 * @throws UserError where the system has no price table.
 */
export async function cost(stacks: readonly string[], options: CostOptions): Promise<void> {
  const project = loadProject(options.project);
  const environments: EnvironmentCost[] = [];
  for (const environment of stacks.length === 0 ? stackNames(project) : stacks) {
    const found = await costOfStack(project, environment);
    if (found !== undefined) environments.push({ environment, ...found });
  }
  if (environments.length === 0) {
    throw new UserError(
      `${project.name} has no price table`,
      "fill `prices` in its stack file, or give its settings `...priceSettings([…])` (docs/cost.md)",
      2,
    );
  }
  const document = JSON.stringify({ project: project.name, environments }, null, 2);
  process.stdout.write(`${options.json === true ? document : environments.map(render).join("\n\n")}\n`);
}

/** Adds the command. */
export const command: AddCommand = (program, merged) =>
  program
    .command("cost")
    .description("show what each environment costs a month, from what runs and the system's price table")
    .argument("[stacks...]", "environments (default: all)")
    .option("--json", "as a JSON document")
    .action((stacks: string[], options: { json?: boolean }) => cost(stacks, merged(options)));
