// `tandem workflows`, and what `tandem init` and `tandem new` say of GitHub's workflows.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type SystemFolder, systemsBelow } from "../../infra/check/projects.ts";
import { isInstalled } from "../../setup/paths.ts";
import { UserError } from "../engine/errors.ts";
import { projectRoot } from "../engine/project-root.ts";
import type { AddCommand } from "./command-line.ts";
import { sharedWorkflows, systemWorkflow, type Written, writeWorkflows } from "./workflow-files.ts";

const PAGE = isInstalled ? "node_modules/tandem/docs/workflows.md" : "docs/workflows.md";

/**
 * Runs `tandem workflows`: makes what is missing, for all systems.
 *
 * @throws UserError where GitHub would read none of it, or there is no system
 */
export function makeWorkflows(): void {
  const root = projectRoot();
  if (!isGitRoot(root)) throw new UserError(notRead(root), `see "Installed" in ${PAGE}`, 2);
  const systems = systemsBelow(root);
  if (systems.length === 0) {
    throw new UserError(`there is no system in ${root}`, "make one: npx tandem init", 2);
  }
  process.stdout.write(told(write(root, systems, systems)) || "all workflows are there\n");
}

/** Makes what a new system in a folder needs. @returns what to tell of it, in lines */
export function workflowsOf(directory: string, root: string): string {
  if (!isGitRoot(root)) return `No GitHub workflows were made: ${notRead(root)}.\n`;
  const systems = systemsBelow(root);
  return told(
    write(
      root,
      systems,
      systems.filter(({ folder }) => folder === directory),
    ),
  );
}

/** GitHub reads workflows at a git repository's root only. */
const isGitRoot = (root: string) => existsSync(join(root, ".git"));
const notRead = (root: string) => `GitHub reads them at a git repository's root, which ${root} is not`;

function write(root: string, systems: readonly SystemFolder[], some: readonly SystemFolder[]): Written {
  const own = some.map((system) => systemWorkflow(system, isInstalled));
  const shared = isInstalled ? sharedWorkflows(systems, root) : [];
  return writeWorkflows(root, new Map([...own, ...shared]));
}

function told({ made, listed, kept }: Written): string {
  const list = (intro: string, files: readonly string[]) =>
    files.length === 0 ? "" : `${intro}\n${files.map((file) => `  ${file}\n`).join("")}`;
  return (
    list(`GitHub's workflows, which do something once a runner is named (${PAGE}):`, made) +
    list("These now name all systems:", listed) +
    list("These are there and stay as they are, though this version makes them otherwise:", kept)
  );
}

/** Adds the command. */
export const command: AddCommand = (program) =>
  program
    .command("workflows", { hidden: !isInstalled })
    .description("make GitHub's workflows that are missing: deploys, previews of pull requests, drift")
    .action(makeWorkflows);
