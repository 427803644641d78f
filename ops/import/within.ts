// Whether a path stays in the folder that is imported, wherever its links lead.
import { realpathSync } from "node:fs";
import { resolve, sep } from "node:path";

/** Does a path lead to the folder or below it? One that isn't there is judged by its words. */
export function isWithin(folder: string, path: string): boolean {
  const [root, place] = [real(folder), real(path)];
  const [plainRoot, plainPlace] = [resolve(folder), resolve(path)];
  const isBelow = (one: string, other: string) => other === one || other.startsWith(one + sep);
  return isBelow(plainRoot, plainPlace) && (place === undefined || isBelow(root ?? plainRoot, place));
}

function real(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
