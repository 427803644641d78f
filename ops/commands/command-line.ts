// What the flags and arguments of commands have in common. A command's own stand in its file, as `command`.
import { type Command, InvalidArgumentError } from "commander";
import { REGISTRY_VARIABLE } from "../../lib/registry-question.ts";
import { lowerPriority } from "../engine/engine-priority.ts";
import { UserError } from "../engine/errors.ts";

/** Options of a command together with those before it; a system is its project's folder. */
export type Merged = <T extends object>(options: T) => T & { project?: string };

/** Adds a command, with its flags and what it does, to `tandem`. */
export type AddCommand = (program: Command, merged: Merged) => void;

/** A whole number, 0 or more. @throws InvalidArgumentError */
export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("give a whole number, 0 or more");
  return Number(text);
}

export const waitOption = [
  "--wait <seconds>",
  "wait while another run holds the stack",
  wholeNumber,
  0,
] as const;
export const yesOption = ["--yes", "ask nothing"] as const;

/** Before the action of a command with an engine, which works beside what is served: it runs at a low priority. */
export function giveWay(): void {
  lowerPriority(process.pid);
}

/**
 * The same where the command is about what there is, such as a promotion, a rollback or a report: only `up` and `preview` bring or
 * show what a tag means by now. What else starts engines of its own, as tests do, leaves each to its command.
 */
export function giveWayUnasked(): void {
  process.env[REGISTRY_VARIABLE] ??= "unasked";
  giveWay();
}

/**
 * The words before `--` and behind it, which the parser hands on without it: a client's arguments begin there.
 *
 * @param words the command's own words with those behind
 * @param line the whole command line
 * @throws UserError when more than a name stands before it.
 */
export function partWords(
  words: readonly string[],
  line: readonly string[] = process.argv,
): { name: string | undefined; behind: string[] } {
  const at = line.indexOf("--");
  const behind = at === -1 ? [] : line.slice(at + 1);
  const [name, ...more] = words.slice(0, words.length - behind.length);
  if (more.length === 0) return { name, behind };
  throw new UserError(`${more.join(" ")} can't stand here`, `put the client's own arguments behind --`, 2);
}
