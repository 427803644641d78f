// `tandem checklist`: tries whether an environment works, item by item.
import pc from "picocolors";
import { endingWith } from "../engine/errors.ts";
import { loadProject } from "../engine/project.ts";
import { renderTable } from "../engine/table.ts";
import { type Item, runChecklist } from "../inspect/acceptance/checklist.ts";
import { withTrial } from "../inspect/acceptance/trial.ts";
import type { AddCommand } from "./command-line.ts";

/** Options of the command. */
export interface ChecklistOptions {
  project?: string;
  /** Print a JSON document instead of a table. */
  json?: boolean;
}

/** Exit codes of the command. */
export const checklistCodes = { passed: 0, untried: 1, failed: 2 } as const;

function render(environment: string, items: readonly Item[]): string {
  const marks = { passed: pc.green("[x]"), failed: pc.red("[ ]"), untried: pc.yellow("[-]") };
  const rows = items.map(({ item, result, seen }) => [marks[result], item, seen]);
  const good = items.filter(({ result }) => result === "passed").length;
  return `${renderTable(["", environment, "seen"], rows)}\n${good} of ${items.length} items pass`;
}

/**
 * Runs the command.
 *
 * @returns its exit code
 * @throws UserError where the environment isn't up, or its system doesn't say how it is accepted.
 */
export async function checklist(environment: string, options: ChecklistOptions): Promise<number> {
  const project = loadProject(options.project);
  const items = await endingWith(checklistCodes.untried, () => withTrial(project, environment, runChecklist));
  const document = JSON.stringify({ project: project.name, environment, items }, null, 2);
  process.stdout.write(`${options.json === true ? document : render(environment, items)}\n`);
  if (items.some(({ result }) => result === "failed")) return checklistCodes.failed;
  return items.every(({ result }) => result === "passed") ? checklistCodes.passed : checklistCodes.untried;
}

/** Adds the command. */
export const command: AddCommand = (program, merged) =>
  program
    .command("checklist")
    .description("try whether an environment works, item by item; exit code 2 if one fails")
    .argument("[stack]", "environment", "staging")
    .option("--json", "as a JSON document")
    .action(async (stack: string, options: { json?: boolean }) => {
      process.exitCode = await checklist(stack, merged(options));
    });
