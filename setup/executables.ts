// Looks for programs without running them.
import { accessSync, closeSync, constants, openSync, readSync, statSync } from "node:fs";
import { delimiter, join, sep } from "node:path";
import { interpreterOf } from "./interpreter.ts";
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

/** Can this file be executed, and its interpreter too where it is a script (`#!/path/of/node`)? */
export function canRun(file: string): boolean {
  if (!isExecutable(file)) return false;
  // Longer than any path.
  const head = Buffer.alloc(8192);
  const descriptor = openSync(file, "r");
  let length: number;
  try {
    length = readSync(descriptor, head);
  } finally {
    closeSync(descriptor);
  }
  const interpreter = interpreterOf(head.toString("utf8", 0, length));
  return interpreter === undefined || isExecutable(interpreter);
}
