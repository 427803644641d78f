// What a Docker daemon of a test's own leaves on this machine when it has ended: folders and control groups.
import { readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isAlive } from "../../setup/process-identity.ts";
import { removeControlGroups } from "./cgroups.ts";

/** Begin of the names of its folders and control groups; the number of its owner's process follows. */
export const FOLDER_PREFIX = "tandem-docker-";

/** Removes what lies outside the namespaces of one that has ended: its control groups, and some of its folder or all. */
export async function removeWhatIsLeft(folder: string, names: readonly string[] = ["."]): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      removeControlGroups(basename(folder));
      for (const name of names) rmSync(resolve(folder, name), { recursive: true, force: true });
      return;
    } catch (error) {
      // A process that ends still holds its groups and mounts for a moment.
      if (attempt === 40) throw error;
      await sleep(250);
    }
  }
}

/** Removes the remains of those whose test run was killed: the rest of them has ended with it. */
export async function removeAbandoned(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(FOLDER_PREFIX))) {
    const owner = Number(name.slice(FOLDER_PREFIX.length).split("-")[0]);
    if (!isAlive(owner)) await removeWhatIsLeft(join(tmpdir(), name));
  }
}
