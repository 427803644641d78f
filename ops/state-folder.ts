// What a killed engine leaves in a state folder: it writes each file whole, but the attributes beside it in place, and
// its drafts stay. Torn attributes make the file unreadable to it; a draft among the locks looks like a lock.
import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

/** Milliseconds after which a draft is no living engine's: writing one takes a few. */
const draftMs = 3000;

function isTorn(file: string): boolean {
  try {
    JSON.parse(readFileSync(file, "utf8"));
    return false;
  } catch (error) {
    return error instanceof SyntaxError;
  }
}

function isOldDraft(file: string): boolean {
  try {
    return Date.now() - statSync(file).mtimeMs > draftMs;
  } catch {
    return false;
  }
}

/** Removes torn attributes and left drafts from a folder; what they belong to stays. */
function mendFolder(folder: string): void {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return;
  }
  for (const name of names) {
    const file = join(folder, name);
    const broken = name.endsWith(".attrs")
      ? isTorn(file)
      : /\.[0-9a-f]+\.tmp$/.test(name) && isOldDraft(file);
    if (broken) rmSync(file, { force: true });
  }
}

/**
 * Mends the parts of a state folder that a stack needs. Nobody may be at work on the stack.
 *
 * @param directory the backend's folder
 */
export function mendStateFolder(directory: string, project: string, stack: string): void {
  const root = join(directory, ".pulumi");
  for (const folder of [
    root,
    join(root, "stacks", project),
    join(root, "locks/organization", project, stack),
  ]) {
    mendFolder(folder);
  }
}
