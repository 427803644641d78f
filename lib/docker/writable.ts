// Where a container with a read-only root can be written to: folders in memory, and volumes of its own for uploads.
import { posix } from "node:path";

/** Where secret files lie. */
export const SECRETS_DIR = "/run/secrets";

/** A folder in memory. */
export interface TemporaryFolder {
  /** Size in MiB; it counts as memory of the container. @default 64 */
  sizeMb?: number;
  /** May programs in it be run? @default false */
  executable?: boolean;
}

/** Mount options of the folders in memory, by path; `/tmp` is always one. */
export function temporaryMounts(temporary: Record<string, TemporaryFolder> = {}): Record<string, string> {
  const folders: Record<string, TemporaryFolder> = { "/tmp": {}, ...temporary };
  const entries = Object.entries(folders).map(([path, { sizeMb = 64, executable = false }]) => [
    path,
    `rw,${executable ? "exec" : "noexec"},nosuid,size=${sizeMb}m`,
  ]);
  return Object.fromEntries(entries);
}

/**
 * Folders that must become volumes of the container alone, so that files can be put into them: a read-only root takes none,
 * and Docker can't fill a folder in memory. Docker fills them with what the image has there.
 *
 * @param files paths of the files
 * @param mounted paths of its other volumes
 * @param writableRoot whether its root takes files by itself; secrets get a volume all the same
 */
export function uploadFolders(
  files: readonly string[],
  mounted: readonly string[],
  writableRoot = false,
): string[] {
  const isMounted = (folder: string): boolean =>
    mounted.includes(folder) || (folder !== "/" && folder !== "." && isMounted(posix.dirname(folder)));
  const folders = files
    .map((path) => (path.startsWith(`${SECRETS_DIR}/`) ? SECRETS_DIR : posix.dirname(path)))
    .filter((folder) => folder === SECRETS_DIR || !(writableRoot || isMounted(folder)));
  return [...new Set(folders)];
}
