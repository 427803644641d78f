// The SQL files of images that were looked at, kept on this machine: an image's id is the hash of its content, so what was
// read once holds for good, and preview, update and the next deploy needn't make a container to read it again.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder, type Environ } from "../../../lib/data-folder.ts";
import type { SqlFile } from "./sql-risks.ts";

/** Images whose files are kept; the oldest go first. */
const KEPT = 50;

/**
 * An image's SQL files, from the cache or by reading them. Only content addresses (`sha256:…`) are kept.
 *
 * @param read gives undefined where the image has no such folder
 */
export async function keptSqlFiles(
  imageId: string,
  sqlFolder: string,
  read: () => Promise<SqlFile[] | undefined>,
  env: Environ = process.env,
): Promise<SqlFile[] | undefined> {
  if (!imageId.startsWith("sha256:")) return await read();
  const folder = join(cacheFolder(env), "migration-files");
  const name = createHash("sha256").update(`${imageId}\0${sqlFolder}`).digest("hex");
  const file = join(folder, `${name}.json`);
  const kept = parsed(file);
  if (kept !== undefined) return kept;
  const files = await read();
  if (files !== undefined) keep(folder, file, files);
  return files;
}

function parsed(file: string): SqlFile[] | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as SqlFile[];
  } catch {
    // Not there, or torn by a crash: it is read anew.
    return undefined;
  }
}

/** A cache that can't be written costs time and nothing else. */
function keep(folder: string, file: string, files: SqlFile[]): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const half = `${file}.${process.pid}`;
    writeFileSync(half, JSON.stringify(files), { mode: 0o600 });
    renameSync(half, file);
    const ages = readdirSync(folder).map((name) => {
      const path = join(folder, name);
      return { path, age: statSync(path).mtimeMs };
    });
    for (const { path } of ages.toSorted((one, other) => other.age - one.age).slice(KEPT)) rmSync(path);
  } catch {
    // Nothing was lost.
  }
}
