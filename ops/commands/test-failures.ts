// What failed in a run of `tandem test`, told again at its end: who has only the end of a long log still learns the cause.
import { relative } from "node:path";
import { stripVTControlCharacters } from "node:util";

/** A check or a test that failed. */
export interface TestFailure {
  /** File and full name of a test, or the name of a check. */
  name: string;
  /** What it said: the error and where it was raised. */
  message: string;
}

/** The parts of vitest's JSON report that name what failed. */
export interface ReportedFile {
  name: string;
  status: string;
  message?: string;
  assertionResults: readonly {
    fullName?: string;
    title: string;
    status: string;
    failureMessages?: readonly string[] | null;
  }[];
}

/** The failed tests of a report, and the files that failed outside of their tests. */
export function testFailures(files: readonly ReportedFile[], root: string): TestFailure[] {
  return files.flatMap(({ name, status, message = "", assertionResults }) => {
    const file = relative(root, name);
    const failed = assertionResults.filter((test) => test.status === "failed");
    // A file fails by itself where it can't be loaded, or where a hook fails before or after its tests.
    if (status === "failed" && failed.length === 0) return [{ name: file, message }];
    return failed.map(({ fullName, title, failureMessages }) => ({
      name: `${file}: ${fullName ?? title}`,
      message: (failureMessages ?? []).join("\n"),
    }));
  });
}

/** Lines of a message that are repeated: enough for the error, what was expected, and the place. */
const shownLines = 25;

/** Failures that are told in full; of the rest what says most in the least room: many may have one cause, one another. */
const shownInFull = 10;
const shownLinesOfTheRest = 3;

function clipped(message: string, most: number): string {
  const lines = stripVTControlCharacters(message).trimEnd().split("\n");
  const rest = lines.length - most;
  return [...lines.slice(0, most), ...(rest > 0 ? [`… ${rest} more lines above`] : [])]
    .map((line) => `    ${line}`.trimEnd())
    .join("\n");
}

/** The list of failures; empty where there are none. */
export function renderFailures(failures: readonly TestFailure[]): string {
  if (failures.length === 0) return "";
  return [
    "Failed:",
    ...failures.map(({ name, message }, index) =>
      message.trim() === ""
        ? `  ✗ ${name}`
        : `  ✗ ${name}\n${clipped(message, index < shownInFull ? shownLines : shownLinesOfTheRest)}`,
    ),
  ].join("\n");
}
