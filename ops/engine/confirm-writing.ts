// The question before a login that can write is used on production.
import { isProduction } from "../../lib/production.ts";
import { countsAsProduction, type StackFile } from "./project.ts";
import { confirm } from "./prompt.ts";

/**
 * Does a stack serve production: as production itself, or as what several environments share (its setting `environments`)?
 */
export function servesProduction(stack: string, file: Pick<StackFile, "config">): boolean {
  const sharing = Object.entries(file.config).flatMap(([key, value]) =>
    // Set by a command, the list may be JSON in a text.
    key.endsWith(":environments") ? (JSON.stringify(value) ?? "").split(/[^\w-]+/) : [],
  );
  return countsAsProduction(stack, file) || sharing.some((name) => isProduction(name));
}

/**
 * Asks where the stack serves production.
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
  if (yes || !servesProduction(stack, file)) return;
  await confirm(`${login} can change and delete rows of ${stack}. Go on?`, "--yes");
}
