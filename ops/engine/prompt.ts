// Questions at the keyboard. Where nobody sits there, the answer must be on the command line.
import { createInterface } from "node:readline/promises";
import { UserError } from "./errors.ts";

async function ask(question: string, flag: string): Promise<string> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new UserError("this needs a confirmation, and there is no terminal to ask at", `add ${flag}`, 2);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await terminal.question(question)).trim();
  } finally {
    terminal.close();
  }
}

/**
 * Asks yes or no; only `y` and `yes` mean yes.
 *
 * @param flag what to add to the command line instead, for the error where nobody can be asked
 * @throws UserError when the answer is no.
 */
export async function confirm(question: string, flag: string): Promise<void> {
  const answer = (await ask(`${question} [y/N] `, flag)).toLowerCase();
  if (answer !== "y" && answer !== "yes")
    throw new UserError("not confirmed: nothing was done", "answer y to go on");
}

/**
 * Asks to type a name, so that the wrong environment is not hit by habit.
 *
 * @throws UserError when something else is typed.
 */
export async function confirmName(question: string, name: string, flag: string): Promise<void> {
  const answer = await ask(`${question}\nType ${name} to go on: `, flag);
  if (answer !== name) {
    throw new UserError(`"${answer}" is not ${name}: nothing was done`, `type ${name} to go on`);
  }
}
