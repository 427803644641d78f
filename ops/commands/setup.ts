// `tandem setup`: prepares the machine, or with --check only tells what is there and what is missing.
import pc from "picocolors";
import { launcher } from "../../lib/launcher.ts";
import type { InspectedStep } from "../../setup/schedule.ts";
import { inspectMachine } from "../../setup/setup.ts";
import { UserError } from "../engine/errors.ts";
import { prepareMachine } from "../engine/prepare.ts";
import { renderTable } from "../engine/table.ts";
import type { AddCommand } from "./command-line.ts";

/** Options of the command. */
export interface SetupCommandOptions {
  /** Only look. */
  check?: boolean;
}

function printReport(parts: readonly InspectedStep[]): void {
  const rows = parts.map(({ step, part }) => {
    const mark = part.ready ? pc.green("ready") : pc.red("missing");
    return [step.title, mark, part.found, part.ready ? "" : (part.fix ?? "")];
  });
  process.stdout.write(`${renderTable(["part", "", "what is there", "to do"], rows)}\n`);
}

/**
 * Runs the command.
 *
 * @throws UserError when the machine is not ready in the end.
 */
export async function setUp(options: SetupCommandOptions): Promise<void> {
  if (options.check !== true) await prepareMachine();
  const parts = await inspectMachine();
  printReport(parts);
  const missing = parts.filter(({ part }) => !part.ready);
  if (missing.length > 0) {
    const names = missing.map(({ step }) => step.title).join(", ");
    throw new UserError(`this machine lacks: ${names}`, `run \`${launcher()} setup\``);
  }
}

/** Adds the command. */
export const command: AddCommand = (program) =>
  program
    .command("setup")
    .description("prepare this machine: Docker, the Pulumi CLI, provider plugins, images")
    .option("--check", "only tell what is there and what is missing")
    .action((options: SetupCommandOptions) => setUp(options));
