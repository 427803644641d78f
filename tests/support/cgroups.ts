// Control groups that a Docker daemon of a test's own leaves in this machine's hierarchies.
import { existsSync, readdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";

const ROOT = "/sys/fs/cgroup";

function folders(parent: string): string[] {
  if (!existsSync(parent)) return [];
  return readdirSync(parent, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? join(parent, entry.name) : [],
  );
}

function removeTree(group: string): void {
  for (const child of folders(group)) removeTree(child);
  if (existsSync(group)) rmdirSync(group);
}

/**
 * Removes the groups of this name: one in the only hierarchy of version 2, or one in each of version 1.
 *
 * @throws EBUSY as long as a process in one of them has not ended.
 */
export function removeControlGroups(name: string): void {
  for (const hierarchy of [ROOT, ...folders(ROOT)]) removeTree(join(hierarchy, name));
}
