// GitHub's workflows for systems: those of this package's own repository, with the systems' names and the command of the
// repository that they are made in.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { SystemFolder } from "../../infra/check/projects.ts";
import { frozenInstallCommand } from "../../setup/package/managers.ts";
import { packageRoot } from "../../setup/paths.ts";

/** A system as the workflows need it. */
export type WorkflowSystem = Pick<SystemFolder, "project" | "folder">;

/** The system whose workflow every other one is made from. */
const MODEL = "oracle";
/** Environments that a person may choose, where the system has a file for them. */
const STACKS = ["staging", "production", "shared"];
/** What all systems share. In a repository that may have such files of its own it is named after this package. */
const SHARED = ["workflows/deploy.yml", "workflows/preview.yml", "workflows/drift.yml"];
const PREPARE = "actions/prepare/action.yml";
const ownName = (path: string) => path.replace("/", "/tandem-");
/** Systems that are previewed and looked at where the repository's variable names none. */
const SYSTEMS = /(?<=TANDEM_SYSTEMS \|\| ')\[[^\]]*\]/;

const read = (source: string) => readFileSync(join(packageRoot, ".github", source), "utf8");

/** The workflow of one system: its path from the root, and its text. @param installed is the package installed there? */
export function systemWorkflow(
  { project, folder }: WorkflowSystem,
  installed: boolean,
): [path: string, text: string] {
  const stacks = STACKS.filter((stack) => existsSync(join(folder, `Pulumi.${stack}.yaml`)));
  const text = read(`workflows/${MODEL}.yml`)
    .replaceAll(new RegExp(`\\b${MODEL}\\b`, "g"), project)
    .replace(`[${STACKS.join(", ")}]`, `[${stacks.join(", ")}]`);
  return [`.github/workflows/${project}.yml`, installed ? inRepository(text) : text];
}

/** What the workflows of all systems need in a repository that has the package installed, by paths from its root. */
export function sharedWorkflows(systems: readonly WorkflowSystem[], root: string): Map<string, string> {
  const names = `[${systems.map(({ project }) => `"${project}"`).join(", ")}]`;
  const files = SHARED.map((source) => [
    `.github/${ownName(source)}`,
    inRepository(read(source)).replace(SYSTEMS, names),
  ]);
  // A checkout's launcher installs what it needs; here the package itself comes from the lock file.
  const install =
    "    # Exactly what the lock file names; no package's install script runs, since the job holds the passphrase.\n" +
    `    - run: ${frozenInstallCommand(root)}\n      shell: bash\n`;
  return new Map([
    ...(files as [string, string][]),
    [`.github/${ownName(PREPARE)}`, inRepository(read(PREPARE)) + install],
  ]);
}

/** With the command, files and documents of a repository that has the package installed. */
function inRepository(text: string): string {
  return (
    text
      // Where it isn't installed, npx would run whatever a registry has under its name, with the passphrase.
      .replaceAll("./tandem ci", "npx --no tandem ci")
      .replaceAll("`./tandem`", "`npx tandem`")
      .replaceAll(".github/workflows/deploy.yml", ".github/workflows/tandem-deploy.yml")
      .replaceAll(".github/actions/prepare", ".github/actions/tandem-prepare")
      .replaceAll("docs/workflows.md", "node_modules/tandem/docs/workflows.md")
  );
}

/** What became of workflow files, by their paths from the root. */
export interface Written {
  /** New ones. */
  made: string[];
  /** As this package made them, but for the list of systems: that is a new one now. */
  listed: string[];
  /** Those that say something else, and stay as they are. */
  kept: string[];
}

/** Writes the files that aren't there, and the list of systems into those that nobody changed otherwise. */
export function writeWorkflows(root: string, files: ReadonlyMap<string, string>): Written {
  const written: Written = { made: [], listed: [], kept: [] };
  for (const [path, text] of files) {
    const file = join(root, path);
    const there = existsSync(file) ? readFileSync(file, "utf8") : undefined;
    if (there === text) continue;
    if (there === undefined) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text, { flag: "wx" });
      written.made.push(path);
    } else if (there.replace(SYSTEMS, "") === text.replace(SYSTEMS, "")) {
      writeFileSync(file, text);
      written.listed.push(path);
    } else written.kept.push(path);
  }
  return written;
}
