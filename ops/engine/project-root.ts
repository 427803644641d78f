// Where the systems are that a command works on: this checkout, or the repository that the package is installed in.
import { existsSync } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import { systemsBelow } from "../../infra/check/projects.ts";
import { isInstalled, packageRoot } from "../../setup/paths.ts";
import { UserError } from "./errors.ts";

/** The folder and all those above it. */
export function upwards(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...upwards(parent)];
}

/**
 * Root of the user's repository: the nearest folder, from `folder` upwards, that has this package in its node_modules,
 * where `npx tandem` finds it; else the nearest one with a package.json or a git repository; else `folder`.
 */
export function repositoryAbove(folder: string): string {
  const above = upwards(resolve(folder));
  const has = (...names: string[]) =>
    above.find((candidate) => names.some((name) => existsSync(join(candidate, name))));
  return has("node_modules/tandem/package.json") ?? has("package.json", ".git") ?? resolve(folder);
}

/** Root of the repository with the systems: this checkout's, or that of the repository that one is in. */
export function projectRoot(): string {
  return isInstalled ? repositoryAbove(process.cwd()) : packageRoot;
}

/**
 * The project to work on where none is named: that of the folder that one is in, else the root's, else the only one.
 *
 * @throws UserError when there is none, or several: with their names.
 */
export function defaultProject(root = projectRoot(), current = process.cwd()): string {
  const inside = current === root || current.startsWith(root + sep);
  const own = inside ? upwards(current).find((folder) => existsSync(join(folder, "Pulumi.yaml"))) : undefined;
  if (own === root || own?.startsWith(root + sep)) return own;
  if (existsSync(join(root, "Pulumi.yaml"))) return root;
  const systems = systemsBelow(root);
  const [only] = systems;
  if (only !== undefined && systems.length === 1) return only.folder;
  if (only === undefined) {
    throw new UserError(`there is no system in ${root}`, "make one: npx tandem init", 2);
  }
  const names = systems.map(({ name }) => name).join(", ");
  throw new UserError(
    `there are several systems: ${names}`,
    `name one, for example: --system ${only.name}`,
    2,
  );
}
