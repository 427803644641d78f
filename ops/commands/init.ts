// `tandem init`: makes a repository's first system, with GitHub's workflows for it.
import { resolve, sep } from "node:path";
import { launcher } from "../../lib/launcher.ts";
import { isInstalled } from "../../setup/paths.ts";
import { UserError } from "../engine/errors.ts";
import { projectRoot } from "../engine/project-root.ts";
import type { AddCommand } from "./command-line.ts";
import { tell } from "./new.ts";
import { createSystem, nameFor } from "./new-system.ts";

/**
 * Runs `tandem init`.
 *
 * @param folder from the current one, inside the repository
 * @param options `name`: the system's. @default the repository's; `workflows`: make GitHub's, too?
 * @throws UserError when one of its files is there already, or the name can't be a system's.
 */
export function initSystem(folder: string, options: { name?: string; workflows: boolean }): void {
  const root = projectRoot();
  const target = resolve(folder);
  if (!target.startsWith(root + sep) && target !== root) {
    throw new UserError(
      `${folder} is not in the repository at ${root}`,
      `name a folder in it: ${launcher()} init infra`,
      2,
    );
  }
  const chosen = options.name ?? nameFor(root);
  tell(chosen, root, createSystem(chosen, { root, folder: target }), options.workflows);
}

/** Adds the command. */
export const command: AddCommand = (program) =>
  program
    .command("init", { hidden: !isInstalled })
    .description("make this repository's first system: topology, settings, a stack file per environment")
    .argument("[folder]", "where; no file that is there is overwritten", "infra")
    .option("--name <name>", "its name (default: the repository's)")
    .option("--no-workflows", "make no GitHub workflows")
    .action((folder: string, options: { name?: string; workflows: boolean }) => initSystem(folder, options));
