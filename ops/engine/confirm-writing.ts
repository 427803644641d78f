// The question before a login that can write is used on production.
import { countsAsProduction, type StackFile } from "./project.ts";
import { confirm } from "./prompt.ts";

/**
 * Asks where the stack counts as production.
 *
 * @param login what can write, in words
 * @param yes the answer that was given on the command line
 * @throws UserError when the answer is no, or there is nobody to ask.
 */
export async function confirmWriting(
  stack: string,
  file: StackFile,
  login: string,
  yes: boolean,
): Promise<void> {
  if (yes || !countsAsProduction(stack, file)) return;
  await confirm(`${login} can change and delete rows of ${stack}. Go on?`, "--yes");
}
