// What a command tells of its own work, beside the engine's output.
import { printable } from "../../lib/printable.ts";

/** Tells what happens, on standard error: standard output is the engine's. */
export function say(line: string): void {
  process.stderr.write(`tandem: ${printable(line)}\n`);
}
