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

/** Torn attributes and left drafts in a folder. */
function brokenIn(folder: string): string[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    const file = join(folder, name);
    const broken = name.endsWith(".attrs")
      ? isTorn(file)
      : /\.[0-9a-f]+\.tmp$/.test(name) && isOldDraft(file);
    return broken ? [file] : [];
  });
}

/**
 * The torn attributes and left drafts in the parts of a state folder that a stack needs.
 *
 * @param directory the backend's folder
 */
export function brokenStateFiles(directory: string, project: string, stack: string): string[] {
  const root = join(directory, ".pulumi");
  return [root, join(root, "stacks", project), join(root, "locks/organization", project, stack)].flatMap(
    brokenIn,
  );
}

/** Removes them; what they belong to stays. Nobody may be at work on the stack. */
export function fixStateFolder(directory: string, project: string, stack: string): void {
  for (const file of brokenStateFiles(directory, project, stack)) rmSync(file, { force: true });
}
