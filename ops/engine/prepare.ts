// Prepares the machine for a command, once for each purpose, and says what could not be done.
import { SetupError } from "../../setup/schedule.ts";
import { prepare, type SetupOptions } from "../../setup/setup.ts";
import { UserError } from "./errors.ts";

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
    throw new UserError(error.message, "fix the above and run the same command again: it goes on from there");
  }
}
