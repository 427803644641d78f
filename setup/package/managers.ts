// The package manager of a repository, and how it is told to install something.
import { existsSync } from "node:fs";
import { join } from "node:path";

/** Lock files, and the command that adds development dependencies. */
const MANAGERS = [
  { lock: "pnpm-lock.yaml", add: "pnpm add --save-dev" },
  { lock: "yarn.lock", add: "yarn add --dev" },
  { lock: "package-lock.json", add: "npm install --save-dev" },
];

/** A command for a shell at the root that installs packages, each with its range. */
export function installCommand(root: string, packages: readonly string[]): string {
  const add = MANAGERS.find(({ lock }) => existsSync(join(root, lock)))?.add ?? "npm install --save-dev";
  // A shell may read `^` in a range as its own.
  return `${add} ${packages.map((name) => `'${name}'`).join(" ")}`;
}
