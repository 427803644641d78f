// What is wrong with a file, by file and line. No message repeats a value: it may be a secret.
import { UserError } from "../../engine/errors.ts";

/** Wrong usage, as everywhere. */
const EXIT_CODE = 2;

/** A file that can't be taken as it is. */
export function wrongFile(file: string, line: number | undefined, reason: string): UserError {
  const place = line === undefined ? file : `${file}:${line}`;
  return new UserError(`${place} ${reason}`, "fix the file, and run the same command again", EXIT_CODE);
}

/** A name as a message shows it: behind what no name holds there may be a value, as in `"PASSWORD: x"`. */
export function shownName(name: string): string {
  const [start = ""] = /^[\w.-]*/.exec(name) ?? [];
  return start === name ? name : `${start}…`;
}

/** Several at once. */
export function wrongFiles(lines: readonly string[]): UserError {
  return new UserError(
    `the files have problems, and nothing was made:\n${lines.map((line) => `  ${line}`).join("\n")}`,
    "fix the files, and run the same command again",
    EXIT_CODE,
  );
}
