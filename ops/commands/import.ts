// `tandem import`: a system out of the compose files, or of Kamal's, of staging and production.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, relative, resolve, sep } from "node:path";
import { parseDocument } from "yaml";
import { loadProject as readProject } from "../../infra/check/project-file.ts";
import { systemsBelow } from "../../infra/check/projects.ts";
import { loadSystem } from "../../infra/check/system.ts";
import { projectConfig } from "../../infra/settings/project-config.ts";
import { printable } from "../../lib/printable.ts";
import { isInstalled } from "../../setup/paths.ts";
import { UserError } from "../engine/errors.ts";
import { loadProject, loadStackFile } from "../engine/project.ts";
import { projectRoot } from "../engine/project-root.ts";
import { stackCommand } from "../engine/systems.ts";
import { pageText, summaryText } from "../import/page.ts";
import { pairOf, STACKS, type Stack } from "../import/pair.ts";
import { readFiles, type Shell } from "../import/read-files.ts";
import { settingsText, stackText } from "../import/settings-text.ts";
import type { SourceOptions } from "../import/sources.ts";
import { planSystem, type SystemPlan, variableOwners } from "../import/system-plan.ts";
import { topologyText } from "../import/topology-text.ts";
import type { AddCommand } from "./command-line.ts";
import { withBlock } from "./config-schema.ts";
import { installLine } from "./new.ts";
import { nameFrom, newSystemFiles, type Place, writeWhole } from "./new-system.ts";
import { type Secret, seal } from "./variables/seal.ts";
import { withVariables } from "./variables/stack-variables.ts";
import { workflowsOf } from "./workflows.ts";

/** Options of the command. */
export interface ImportOptions extends SourceOptions {
  /** The system's name. @default what the files call it, else the folder's name */
  name?: string;
  /** Where its files go. @default `infra` of a repository without a system, else `stacks/<name>` */
  into?: string;
  /** Print the list, write nothing. @default false */
  dryRun?: boolean;
}

/** Ports of the template; they are moved as a new system's are. */
const PORTS = {
  gateway: { production: 3600, staging: 3601 },
  postgres: { production: 15_600, staging: 15_601 },
};

/**
 * Runs the command.
 *
 * @param folder of the files
 * @throws UserError for files that are neither compose's nor Kamal's, by file and line, and for a place that is taken
 */
export async function importSystem(folder: string, options: ImportOptions): Promise<void> {
  const root = projectRoot();
  const { plan, files } = await planImport(resolve(folder), options, { root });
  // Names and values in it are the files'.
  process.stdout.write(printable(summaryText(plan)));
  const shown = relative(root, plan.target) || ".";
  if (options.dryRun === true) {
    process.stdout.write(`Nothing was written. Without --dry-run it is made in ${shown}.\n`);
    return;
  }
  writeWhole(root, plan.target, files);
  try {
    await writeSecrets(plan);
  } catch (error) {
    for (const file of files.keys()) rmSync(join(plan.target, file), { force: true });
    throw error;
  }
  const next = (command: string) => `  ${stackCommand({ directory: plan.target }, command, "staging")}\n`;
  process.stdout.write(
    `${shown} is the system ${plan.name}. What needs your decision stands in ${shown}/IMPORT.md. Then:\n` +
      `${installLine(root)}${next("preview")}${next("up")}${workflowsOf(plan.target, root)}`,
  );
}

/** Reads, plans and writes the texts; nothing but a draft of them touches the disk. */
export async function planImport(
  folder: string,
  options: ImportOptions,
  place: Place & { root: string; shell?: Shell },
): Promise<{ plan: SystemPlan; files: Map<string, string> }> {
  const { origin, projects, names } = readFiles(folder, options, place.shell);
  const name =
    options.name ?? nameFrom(projects.production.name ?? projects.staging.name ?? basename(folder));
  const target = targetOf(name, options, place);
  const { files, shift } = newSystemFiles(name, { ...place, folder: target });
  const pair = pairOf(projects);
  if (pair.services.length === 0) {
    throw new UserError(
      `the files in ${folder} have no services`,
      "name others with --staging and --production",
      2,
    );
  }
  const plan = planSystem({
    ...{ name, origin, pair, folder, target, root: place.root },
    sources: names,
  });
  const moved = ({ staging, production }: Record<Stack, number>) => ({
    staging: staging + shift,
    production: production + shift,
  });
  const ports = { gateway: moved(PORTS.gateway), postgres: moved(PORTS.postgres) };
  files.set("topology.ts", topologyText(plan));
  files.set("settings.ts", settingsText(plan, ports));
  for (const stack of STACKS)
    files.set(`Pulumi.${stack}.yaml`, withPlain(plan, stack, stackText(plan, stack, ports)));
  files.set("Pulumi.yaml", await withConfigBlock(place.root, files));
  files.set("IMPORT.md", pageText(plan));
  return { plan, files };
}

function targetOf(
  name: string,
  { into }: ImportOptions,
  { root, folder, installed = isInstalled }: Place & { root: string },
): string {
  if (folder !== undefined) return folder;
  const target = into === undefined ? undefined : resolve(into);
  if (target !== undefined && target !== root && !target.startsWith(root + sep)) {
    throw new UserError(
      `${into} is not in the repository at ${root}`,
      "name a folder in it: --into infra",
      2,
    );
  }
  if (target !== undefined) return target;
  const isFirst = installed && systemsBelow(root).length === 0;
  return isFirst && !existsSync(join(root, "infra")) ? join(root, "infra") : join(root, "stacks", name);
}

/** Pulumi.yaml with the block that the settings ask for: they are loaded from a draft. */
async function withConfigBlock(root: string, files: ReadonlyMap<string, string>): Promise<string> {
  const draft = mkdtempSync(join(root, ".new-system-"));
  try {
    for (const [file, text] of files) writeFileSync(join(draft, file), text);
    const { project } = readProject(draft);
    if (project === undefined) throw new Error("the template's Pulumi.yaml can't be read");
    const system = await loadSystem(draft, project);
    if ("problem" in system) throw new Error(system.problem.reason);
    const block = projectConfig(system.settings.environments, system.settings);
    return withBlock(files.get("Pulumi.yaml") ?? "", block);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

function withPlain(plan: SystemPlan, stack: Stack, text: string): string {
  return variableOwners(plan).reduce((all, { variables, role }) => {
    const plain = variables.plain[stack];
    return Object.keys(plain).length === 0 ? all : withVariables(all, plan.name, { role, plain, sealed: {} });
  }, text);
}

/** Encrypts what is secret, and writes it into the stack files. */
async function writeSecrets(plan: SystemPlan): Promise<void> {
  const project = loadProject(plan.target);
  for (const stack of STACKS) {
    const file = loadStackFile(project, stack);
    const variables = variableOwners(plan).flatMap(({ variables: { sealed }, role }) =>
      Object.entries(sealed[stack]).map(
        ([name, value]): Secret => ({ path: ["secrets", role, name], value }),
      ),
    );
    const whole = plan.apps.flatMap(({ secretFiles }) =>
      secretFiles.flatMap(({ key, values }): Secret[] =>
        values[stack] === undefined ? [] : [{ path: [key], value: values[stack] }],
      ),
    );
    const { sealed, salt } = await seal(project, file, stack, [...variables, ...whole]);
    if (sealed.length === 0) continue;
    const document = parseDocument(readFileSync(file.path, "utf8"));
    [...variables, ...whole].forEach(({ path: [key, ...inside] }, index) => {
      document.setIn(
        ["config", `${plan.name}:${key}`, ...inside],
        document.createNode({ secure: sealed[index] }),
      );
    });
    if (salt !== undefined) document.set("encryptionsalt", salt);
    writeFileSync(file.path, document.toString({ lineWidth: 0 }));
  }
}

const files = (text: string): string[] => text.split(",").filter((file) => file !== "");

/** Adds the command. */
export const command: AddCommand = (program) =>
  program
    .command("import")
    .description(
      "make a system of docker compose files, or of Kamal's: components, settings, secrets encrypted, and a list of what to decide",
    )
    .argument(
      "[folder]",
      "folder of the files; Kamal's are config/deploy.yml, its destinations and .kamal/secrets",
      ".",
    )
    .option(
      "--staging <files>",
      "staging's files, the later over the earlier: a.yml,b.yml, or config/deploy.yml,config/deploy.beta.yml (default: by their names)",
      files,
    )
    .option("--production <files>", "production's files", files)
    .option("--env-file <files>", "files that fill in variables of compose files, for both", files)
    .option("--staging-env-file <files>", "the same for staging alone", files)
    .option("--production-env-file <files>", "the same for production alone", files)
    .option("--staging-profiles <names>", "profiles that are on in staging", files)
    .option("--production-profiles <names>", "profiles that are on in production", files)
    .option("--name <name>", "the system's name (default: the files', else the folder's)")
    .option(
      "--into <folder>",
      "where its files go (default: infra of a repository that has no system, else stacks/<name>)",
    )
    .option("--dry-run", "print the list, write nothing")
    .action((folder: string, options: object) => importSystem(folder, options));
