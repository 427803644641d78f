// Tells a program that its settings were checked against the project's other stacks a moment ago, so that it needn't read and
// parse all of them, and derive keys of secrets, in both of a deploy's runs. Said only where the check found nothing at all.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Variable of the engine's process in which the check says so: a fingerprint of the files that it read. */
export const CHECKED_SETTINGS = "TANDEM_CHECKED_SETTINGS";

/** A project's file, or a stack's. */
const PROJECT_FILE = /^Pulumi(\..+)?\.ya?ml$/;

/**
 * Fingerprint of the project's file and its stacks' files.
 *
 * @param folder the project's
 * @param stackFolder the stack files', where it is another one
 */
function fingerprint(folder: string, stackFolder: string): string {
  const hash = createHash("sha256");
  for (const place of new Set([folder, stackFolder])) {
    for (const name of readdirSync(place)
      .filter((file) => PROJECT_FILE.test(file))
      .toSorted()) {
      // Lengths first: no text of one file reads as the end of it and the beginning of another.
      const text = readFileSync(join(place, name));
      hash.update(`${name} ${text.length}\n`).update(text);
    }
  }
  return hash.digest("hex");
}

/** Do these flags of the engine set values that stand in no file? Some flags are taken for such as do: then all is checked. */
export function setsValues(flags: readonly string[]): boolean {
  return flags.some((flag) => /^(-[a-z]*c|--config)/i.test(flag));
}

/** Value of the variable for a stack that was just found to be without a problem. */
export function checkedSettings(stack: string, folder: string, stackFolder: string): string {
  return JSON.stringify({ stack, stackFolder, files: fingerprint(folder, stackFolder) });
}

/** Was this stack checked by the process that started the engine, with the files as they are now? */
export function wasChecked(stack: string, folder: string, env: NodeJS.ProcessEnv = process.env): boolean {
  const said = env[CHECKED_SETTINGS];
  if (said === undefined) return false;
  try {
    const { stackFolder } = JSON.parse(said) as { stackFolder: string };
    return said === checkedSettings(stack, folder, stackFolder);
  } catch {
    return false;
  }
}
