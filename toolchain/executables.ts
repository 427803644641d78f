// Looks for programs without running them.
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join, sep } from "node:path";
import type { Environ } from "./paths.ts";

/** Can this file be executed by us? */
export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** All files named `command` on `$PATH` outside `excluded`, in order. */
export function findOnPath(command: string, env: Environ, excluded?: string): string[] {
  return (env.PATH ?? "")
    .split(delimiter)
    .filter((directory) => directory !== "")
    .map((directory) => join(directory, command))
    .filter(isExecutable)
    .filter((file) => excluded === undefined || !file.startsWith(excluded + sep));
}
