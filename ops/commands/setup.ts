// `tandem setup`: prepares the machine, or with --check only tells what is there and what is missing.
import pc from "picocolors";
import { type InspectedStep, SetupError } from "../../toolchain/schedule.ts";
import { inspectMachine, prepare, type SetupOptions } from "../../toolchain/setup.ts";
import { UserError } from "../errors.ts";
import { renderTable } from "../table.ts";

/** Options of the command. */
export interface SetupCommandOptions {
  /** Only look. */
  check?: boolean;
}

function printReport(parts: readonly InspectedStep[]): void {
  const rows = parts.map(({ step, part }) => {
    const mark = part.ready ? pc.green("ready") : pc.red("missing");
    return [step.title, mark, part.found, part.ready ? "" : (part.mend ?? "")];
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
    throw new UserError(`this machine lacks: ${names}`, "run `./tandem setup`");
  }
}

/** What this process has prepared or prepares, by what for. */
const prepared = new Map<string, Promise<void>>();

/**
 * Prepares the machine before a command that needs it, once for all stacks that need the same.
 *
 * @param options the stack's Docker host, where it is not this machine's; whether it is for the tests
 * @throws UserError with what could not be done.
 */
export async function prepareMachine(options: Omit<SetupOptions, "env"> = {}): Promise<void> {
  const purpose = JSON.stringify(options);
  const work = prepared.get(purpose) ?? prepareFor(options);
  prepared.set(purpose, work);
  await work;
}

async function prepareFor(options: SetupOptions): Promise<void> {
  try {
    await prepare(options);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    throw new UserError(
      error.message,
      "mend the above and run the same command again: it goes on from there",
    );
  }
}
