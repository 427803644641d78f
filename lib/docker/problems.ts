// What is wrong with arguments, by their names. A symbol stands for a value that isn't known yet: nothing is said of it.
import { type Check, word } from "./values.ts";

/** One thing that is wrong, by the name of the argument. */
export interface ArgumentProblem {
  argument: string;
  reason: string;
}

/** Is the value there and known? */
export const isKnown = (value: unknown): boolean => value !== undefined && typeof value !== "symbol";

/** Collects problems by argument. */
export class Problems {
  readonly found: ArgumentProblem[] = [];

  /** Says what is wrong. */
  add(argument: string, reason: string): void {
    this.found.push({ argument, reason });
  }

  /** Checks a value; one that is missing or not known yet is fine. */
  optional(argument: string, value: unknown, check: Check): void {
    if (!isKnown(value)) return;
    const reason = check(value);
    if (reason !== undefined) this.add(argument, reason);
  }

  /** Checks a value that must be there. */
  required(argument: string, value: unknown, check: Check): void {
    if (value === undefined) this.add(argument, check(value) ?? "is missing");
    else this.optional(argument, value, check);
  }
}

/** Words of a command; an empty list is the image's own. */
export function commandProblems(problems: Problems, argument: string, command: unknown): void {
  if (!isKnown(command)) return;
  if (!Array.isArray(command)) {
    problems.add(argument, "must be a list of words");
    return;
  }
  if (command[0] === "") problems.add(`${argument}[0]`, "is empty; the first word is the program to run");
  for (const [index, each] of command.entries()) problems.required(`${argument}[${index}]`, each, word);
}

/** A command that must be there: of a health check, of a migration. */
export function requiredCommand(problems: Problems, argument: string, command: unknown): void {
  if (command === undefined || (Array.isArray(command) && command.length === 0)) {
    problems.add(argument, "is empty; it must be a list with a program and its arguments");
    return;
  }
  commandProblems(problems, argument, command);
}

/** The problems as a list for people. */
export function listed(problems: readonly ArgumentProblem[]): string {
  return problems.map(({ argument, reason }) => `  ${argument} ${reason}`).join("\n");
}
