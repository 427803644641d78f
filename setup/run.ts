// Runs a command of a set-up step: its output goes to a log file and line by line to the progress display.
import { createWriteStream, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { execa } from "execa";

/** How a command is run. */
export interface RunOptions {
  /** File to which all output is appended. */
  log: string;
  /** Working folder. @default the current one */
  cwd?: string;
  /** Variables on top of this process's own. */
  env?: Readonly<Record<string, string>>;
  /** Called with each line of output. */
  onLine?: (line: string) => void;
}

/** Lines of output that an error repeats, so that the cause is seen without opening the log. */
const shownLines = 15;

/**
 * Runs a command to its end, without a shell.
 *
 * @returns the whole output
 * @throws when it fails: the command, its exit code, its last lines and the log file.
 */
export async function run(command: string, args: readonly string[], options: RunOptions): Promise<string> {
  mkdirSync(dirname(options.log), { recursive: true });
  const log = createWriteStream(options.log, { flags: "a" });
  log.write(`\n$ ${[command, ...args].join(" ")}\n`);
  const lines: string[] = [];
  try {
    const child = execa(command, args, {
      all: true,
      reject: false,
      stdin: "ignore",
      buffer: false,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.env === undefined ? {} : { env: options.env }),
    });
    for await (const line of child.iterable({ from: "all" })) {
      log.write(`${line}\n`);
      lines.push(line);
      options.onLine?.(line);
    }
    const result = await child;
    if (result.failed) {
      const how = result.exitCode === undefined ? result.shortMessage : `exit code ${result.exitCode}`;
      const tail = lines.slice(-shownLines).join("\n");
      throw new Error(
        `\`${[command, ...args].join(" ")}\` failed (${how})${tail === "" ? "" : `:\n${tail}`}\nFull log: ${options.log}`,
      );
    }
    return lines.join("\n");
  } finally {
    // Whoever is told of the log may open it at once.
    await new Promise<void>((written) => log.end(written));
  }
}
