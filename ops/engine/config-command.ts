// How to call `tandem config` for a project: what a check prints must work as it stands, in the project's folder.
import { join, relative } from "node:path";
import { quote } from "../../infra/check/problem.ts";
import { launcher } from "../../lib/launcher.ts";
import { isInstalled, packageRoot } from "../../setup/paths.ts";
import type { Project } from "./project.ts";

/** `./tandem config`, or what stands for it in the folder of a project outside this package's root. */
export function configCommandFor({ directory }: Pick<Project, "directory">, root = packageRoot): string {
  // Found from the project's folder, and works on the project of the folder that one is in.
  if (isInstalled) return `${launcher()} config`;
  if (directory === root) return "./tandem config";
  const script = join(root, "tandem");
  const inside = directory.startsWith(`${root}/`);
  return `${quote(inside ? relative(directory, script) : script)} --project . config`;
}

/** Lets the checks of this process, and of the program that the engine starts for it, print that command. */
export function nameConfigCommand(project: Project): void {
  process.env.TANDEM_CONFIG_COMMAND = configCommandFor(project);
}
