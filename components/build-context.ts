// What a build context holds, as Docker would send it: for the hash that says whether an image must be built anew.
import { createHash, type Hash } from "node:crypto";
import { closeSync, type Dirent, openSync, readdirSync, readFileSync, readlinkSync, readSync } from "node:fs";
import { join, relative } from "node:path";
// Moby's own rules for these files, ported; AWS CDK and testcontainers use it.
import dockerignore from "@balena/dockerignore";

/** Bytes read at once: files of a context may be larger than what one read or one buffer takes. */
const CHUNK = 1024 * 1024;
/** What git keeps changes with each fetch, and is nothing that an image is made of. */
const GIT = ".git";

/**
 * Hash over the names and contents of what a build gets: all files of the folder but those that its `.dockerignore` names,
 * and git's own. The `.dockerignore` beside the Dockerfile comes first, as BuildKit has it.
 *
 * @param folder path of the context
 * @param dockerfile path of the Dockerfile inside it
 */
export function contextHash(folder: string, dockerfile = "Dockerfile"): string {
  const ignored = ignoreRules(folder, dockerfile);
  const hash = createHash("sha256");
  const buffer = Buffer.alloc(CHUNK);
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => ({ entry, path: relative(folder, join(entry.parentPath, entry.name)) }))
    .filter(({ path }) => path !== GIT && !path.startsWith(`${GIT}/`) && !ignored(path))
    .sort((one, other) => (one.path < other.path ? -1 : 1));
  for (const { entry, path } of entries) addEntry(hash, folder, path, entry, buffer);
  return hash.digest("hex");
}

/** Whether the build doesn't get a path. The Dockerfile and the rules themselves always reach the builder. */
function ignoreRules(folder: string, dockerfile: string): (path: string) => boolean {
  const files = [`${dockerfile}.dockerignore`, ".dockerignore"];
  for (const file of files) {
    const rules = readIfThere(join(folder, file));
    if (rules === undefined) continue;
    const matcher = dockerignore.default({ ignorecase: false }).add(rules);
    return (path) => path !== dockerfile && path !== file && matcher.ignores(path);
  }
  return () => false;
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function addEntry(hash: Hash, folder: string, path: string, entry: Dirent, buffer: Buffer): void {
  if (entry.isSymbolicLink()) {
    hash
      .update(`/${path}\0link\0`)
      .update(readlinkSync(join(folder, path)))
      .update("\0");
    return;
  }
  if (!entry.isFile()) return;
  hash.update(`/${path}\0`);
  const file = openSync(join(folder, path), "r");
  try {
    for (let read = readSync(file, buffer); read > 0; read = readSync(file, buffer))
      hash.update(buffer.subarray(0, read));
  } finally {
    closeSync(file);
  }
  hash.update("\0");
}
