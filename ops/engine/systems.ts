// The systems of the repository, by name, and the commands on them that messages name.
import { type SystemFolder, systemsBelow } from "../../infra/check/projects.ts";
import { launcher } from "../../lib/launcher.ts";
import { isInstalled } from "../../setup/paths.ts";
import { UserError } from "./errors.ts";
import { projectRoot } from "./project-root.ts";

/** Names of the systems, sorted. */
export function systemNames(root: string = projectRoot()): string[] {
  return systemsBelow(root).map(({ name }) => name);
}

/**
 * Folder of a system's project.
 *
 * @param name the system's, or its project's
 * @throws UserError when there is no such system: with those there are.
 */
export function systemFolder(name: string, root: string = projectRoot()): string {
  const systems = systemsBelow(root);
  const found =
    systems.find((system) => system.name === name) ?? systems.find(({ project }) => project === name);
  if (name === "" || found === undefined) {
    const known = systems.map((system) => system.name).join(", ");
    throw new UserError(`there is no system "${name}"`, `systems: ${known || "none"}`, 2);
  }
  return found.folder;
}

/** Is the system the one that a command without `--system` works on, at the root? */
function isDefault({ folder }: SystemFolder, systems: readonly SystemFolder[], root: string): boolean {
  return folder === root || (systems.length === 1 && isInstalled);
}

/** A command of `tandem` on a stack of a project, as a shell at the repository's root runs it. */
export function stackCommand({ directory }: { directory: string }, command: string, stack: string): string {
  const root = projectRoot();
  const systems = directory === root ? [] : systemsBelow(root);
  const own = systems.find(({ folder }) => folder === directory);
  const system = own === undefined || isDefault(own, systems, root) ? "" : `--system ${own.name} `;
  return `${launcher()} ${command} ${system}${stack}`;
}

/** The command that brings a stack of a project up, for messages. */
export function upCommand(project: { directory: string }, stack: string): string {
  return stackCommand(project, "up", stack);
}
