// Marks of finished work: a step whose inputs hash to what its stamp says has nothing to do.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { packageRoot } from "./paths.ts";

/** Hash of texts, in order. */
export function hashOf(...parts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  return hash.digest("hex").slice(0, 16);
}

/** Hash of the contents of files of this package; paths count from its root. A missing file counts as empty. */
export function hashOfFiles(files: readonly string[]): string {
  const parts = files.flatMap((file) => {
    const path = join(packageRoot, file);
    return [file, existsSync(path) ? readFileSync(path, "utf8") : ""];
  });
  return hashOf(...parts);
}

/** All TypeScript files below folders of this package, tests excepted, sorted; paths count from its root. */
export function sourcesBelow(folders: readonly string[]): string[] {
  const files: string[] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (entry.name !== "node_modules" && entry.name !== "dist") walk(path);
      } else if (entry.name.endsWith(".ts") && !entry.name.endsWith(".test.ts")) {
        files.push(relative(packageRoot, path));
      }
    }
  };
  for (const folder of folders) {
    const path = join(packageRoot, folder);
    if (existsSync(path)) walk(path);
  }
  return files.sort();
}

/** Hash of a file's bytes. */
export function hashOfContent(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex").slice(0, 16);
}

/** What the stamp says; undefined where there is none. */
export function readStamp(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return undefined;
  }
}

/** Writes a stamp: last of all, when the work is in place. */
export function writeStamp(file: string, value: string): void {
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${value}\n`);
  renameSync(draft, file);
}
