// One hash for everything that an image is made from.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";

/** What a build or a file manager leaves behind; it is part of nothing. */
const ignored = new Set(["node_modules", "dist", ".DS_Store"]);

/** Files under these paths of a folder, sorted, relative to it, with `/` on every system. */
export function filesUnder(folder: string, paths: readonly string[] = ["."]): string[] {
  const found: string[] = [];
  const visit = (path: string) => {
    if (statSync(path).isDirectory()) {
      for (const name of readdirSync(path)) if (!ignored.has(name)) visit(join(path, name));
    } else found.push(relative(folder, path).split(sep).join("/"));
  };
  for (const path of paths) visit(join(folder, path));
  return found.sort();
}

/**
 * Hash over the names, contents and execute bits of files, and over `extra` strings.
 *
 * @throws when a file can't be read
 */
export function sourceHash(folder: string, files: readonly string[], extra: readonly string[] = []): string {
  const hash = createHash("sha256");
  // Each part is preceded by its length, so that no two lists of parts look the same.
  const add = (part: string | Buffer) => {
    hash.update(`${Buffer.byteLength(part)}:`).update(part);
  };
  for (const file of files) {
    const path = join(folder, file);
    add(file);
    add((statSync(path).mode & 0o100) === 0 ? "-" : "x");
    add(readFileSync(path));
  }
  for (const part of extra) add(part);
  return hash.digest("hex");
}
