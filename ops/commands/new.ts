// `tandem new`: makes a new system's folder and GitHub's workflows for it, and says what to do with it.
import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { installCommand } from "../../setup/package/managers.ts";
import { isInstalled, packageFolder } from "../../setup/paths.ts";
import { projectRoot, upwards } from "../engine/project-root.ts";
import { stackCommand } from "../engine/systems.ts";
import type { AddCommand } from "./command-line.ts";
import { createSystem } from "./new-system.ts";
import { workflowsOf } from "./workflows.ts";

/**
 * Runs `tandem new`.
 *
 * @throws UserError when the name can't be a system's, or is taken.
 */
export function newSystem(name: string): void {
  tell(name, projectRoot(), createSystem(name));
}

/** Says what was made, and makes GitHub's workflows for it. */
export function tell(name: string, root: string, directory: string, workflows = true): void {
  const folder = relative(root, directory) || ".";
  process.stdout.write(
    `${folder} is the system ${name}, which runs the example app. Next:\n` +
      `${installLine(root)}  ${stackCommand({ directory }, "up", "staging")}\n` +
      `What an environment is made of stands in ${folder}/topology.ts, what it may set in ${folder}/settings.ts, and\n` +
      `what it sets in ${folder}/Pulumi.staging.yaml and Pulumi.production.yaml.\n${
        workflows ? workflowsOf(directory, root) : ""
      }`,
  );
}

/** The command that installs what a program of the repository lacks, as a line; empty where nothing is missing. */
export function installLine(root: string): string {
  const missing = missingPeers(root);
  return missing.length === 0 ? "" : `  ${installCommand(root, missing)}\n`;
}

/** Peer dependencies that are not installed, as a package manager takes them: a program needs the SDK beside itself. */
function missingPeers(root: string): string[] {
  if (!isInstalled) return [];
  const { peerDependencies } = JSON.parse(readFileSync(join(packageFolder, "package.json"), "utf8")) as {
    peerDependencies: Record<string, string>;
  };
  return Object.entries(peerDependencies).flatMap(([name, range]) => {
    // Looked for as `import` does: `require` would also find what pnpm names in NODE_PATH for this command alone.
    const from = name === "@pulumi/pulumi" ? root : packageFolder;
    const found = upwards(from).some((folder) =>
      existsSync(join(folder, "node_modules", name, "package.json")),
    );
    return found ? [] : [`${name}@${range}`];
  });
}

/** Adds the command. */
export const command: AddCommand = (program) =>
  program
    .command("new")
    .description(
      "make the folder of a new system in stacks/: topology, settings, a stack file per environment",
    )
    .argument("<name>", "its name: lower-case letters, digits and hyphens")
    .action((name: string) => newSystem(name));
