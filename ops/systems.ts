// The systems of the repository: The Oracle's project is the root, each other one's is its folder in stacks/.
import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { packageRoot } from "../toolchain/paths.ts";
import { UserError } from "./errors.ts";

/** Names of the systems, sorted. */
export function systemNames(root: string = packageRoot): string[] {
  const folder = join(root, "stacks");
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, "settings.ts")))
    .sort();
}

/**
 * Folder of a system's project.
 *
 * @throws UserError when there is no such system: with those there are.
 */
export function systemFolder(name: string, root: string = packageRoot): string {
  const known = systemNames(root);
  if (!known.includes(name)) {
    throw new UserError(`there is no system "${name}"`, `systems: ${known.join(", ")}`, 2);
  }
  const own = join(root, "stacks", name);
  return existsSync(join(own, "Pulumi.yaml")) ? own : root;
}

/** A command of `tandem` on a stack of a project, for messages. */
export function stackCommand({ directory }: { directory: string }, command: string, stack: string): string {
  const system = dirname(directory) === join(packageRoot, "stacks") ? `--system ${basename(directory)} ` : "";
  return `tandem ${command} ${system}${stack}`;
}

/** The command that brings a stack of a project up, for messages. */
export function upCommand(project: { directory: string }, stack: string): string {
  return stackCommand(project, "up", stack);
}
