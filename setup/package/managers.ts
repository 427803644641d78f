// The package manager of a repository, and how it is told to install something.
import { existsSync } from "node:fs";
import { join } from "node:path";

/** Lock files, the command that adds development dependencies, and the one that installs what the lock file names. */
const MANAGERS = [
  {
    lock: "pnpm-lock.yaml",
    add: "pnpm add --save-dev",
    frozen: "corepack pnpm install --frozen-lockfile --ignore-scripts",
  },
  {
    lock: "yarn.lock",
    add: "yarn add --dev",
    frozen: "corepack yarn install --frozen-lockfile --ignore-scripts",
  },
];
const NPM = { add: "npm install --save-dev", frozen: "npm ci --ignore-scripts" };

const managerOf = (root: string) => MANAGERS.find(({ lock }) => existsSync(join(root, lock))) ?? NPM;

/** A command for a shell at the root that installs packages, each with its range. */
export function installCommand(root: string, packages: readonly string[]): string {
  // A shell may read `^` in a range as its own.
  return `${managerOf(root).add} ${packages.map((name) => `'${name}'`).join(" ")}`;
}

/** A command for a shell at the root that installs exactly what the lock file names, and runs no package's script. */
export function frozenInstallCommand(root: string): string {
  return managerOf(root).frozen;
}
