// A Pulumi project and its stack files, as far as the commands need them: names, places, a few plain settings.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, extname, join, resolve } from "node:path";
import { parse } from "yaml";
import { POLICIES_KEY } from "../../infra/check/stack-keys.ts";
import { isProduction } from "../../lib/production.ts";
import { UserError } from "./errors.ts";
import { defaultProject } from "./project-root.ts";

/** A project: the folder with Pulumi.yaml. */
export interface Project {
  /** Absolute path of the folder. */
  directory: string;
  name: string;
  /** Folder of the program, where the engine starts plugins. */
  programDirectory: string;
  /** Folder of the stack files. */
  stackDirectory: string;
  /** Folder of the system's own code, where Pulumi.yaml says so. */
  systemDirectory?: string;
  /** Does Pulumi.yaml say where the settings are described? Then they can be checked. */
  hasSettings: boolean;
  /** Plain defaults of the settings, by key without the project's name. */
  defaults: Readonly<Record<string, unknown>>;
}

/** A stack's file as it is tracked. */
export interface StackFile {
  /** Absolute path. */
  path: string;
  /** Its text. */
  text: string;
  /** Does it say itself how its secrets are encrypted? */
  hasSecretsProvider: boolean;
  /** Its settings, by key with namespace. */
  config: Readonly<Record<string, unknown>>;
}

interface ProjectDocument {
  name?: unknown;
  main?: unknown;
  stackConfigDir?: unknown;
  tandem?: { system?: unknown };
  config?: Record<string, { default?: unknown; value?: unknown } | string | number | boolean | null>;
}

interface StackDocument {
  encryptionsalt?: unknown;
  encryptedkey?: unknown;
  secretsprovider?: unknown;
  config?: Record<string, unknown>;
}

function readDocument<T>(path: string, text: string): T {
  try {
    return (parse(text) ?? {}) as T;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(`${path} is not valid YAML: ${reason}`, "fix the file and try again", 2);
  }
}

/**
 * Reads the project in `directory`, or the one to work on where none is named.
 *
 * @throws UserError when there is no Pulumi.yaml, or it has no name.
 */
export function loadProject(directory: string = defaultProject()): Project {
  const folder = resolve(directory);
  const path = join(folder, "Pulumi.yaml");
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    throw new UserError(
      `${path} can't be read`,
      "name a folder with a Pulumi.yaml: tandem --project <dir> …",
      2,
    );
  }
  const document = readDocument<ProjectDocument>(path, text);
  if (typeof document.name !== "string" || document.name === "") {
    throw new UserError(
      `${path}: "name" is missing`,
      "give the project a name, for example `name: oracle`",
      2,
    );
  }
  const stackDirectory =
    typeof document.stackConfigDir === "string" ? join(folder, document.stackConfigDir) : folder;
  return {
    directory: folder,
    programDirectory: programDirectoryOf(folder, document.main),
    name: document.name,
    stackDirectory,
    hasSettings: document.tandem?.system !== undefined,
    ...(typeof document.tandem?.system === "string"
      ? { systemDirectory: programDirectoryOf(folder, document.tandem.system) }
      : {}),
    defaults: defaultsOf(document.config),
  };
}

/** As the engine has it: `main` is a file, or a folder without an extension. */
function programDirectoryOf(folder: string, main: unknown): string {
  if (typeof main !== "string") return folder;
  const path = resolve(folder, main);
  return extname(path) === "" ? path : dirname(path);
}

function defaultsOf(config: ProjectDocument["config"]): Record<string, unknown> {
  const defaults: Record<string, unknown> = {};
  for (const [key, entry] of Object.entries(config ?? {})) {
    const value =
      entry !== null && typeof entry === "object" ? (entry.value ?? entry.default) : (entry ?? undefined);
    if (value !== undefined) defaults[key] = value;
  }
  return defaults;
}

/** Names of the stacks that have a file in the project, sorted; staging first, as the place to try things. */
export function stackNames(project: Project): string[] {
  const names = readdirSync(project.stackDirectory).flatMap((file) => {
    const name = /^Pulumi\.(.+)\.ya?ml$/.exec(file)?.[1];
    return name === undefined ? [] : [name];
  });
  return names.sort((a, b) => Number(b === "staging") - Number(a === "staging") || a.localeCompare(b));
}

/**
 * Reads a stack's file.
 *
 * @throws UserError when the project has no such stack: with those it has.
 */
export function loadStackFile(project: Project, stack: string): StackFile {
  const path = join(project.stackDirectory, `Pulumi.${stack}.yaml`);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    const known = stackNames(project).join(", ") || "none";
    throw new UserError(
      `${project.name} has no stack "${stack}": ${path} can't be read`,
      `stacks of this project: ${known}`,
      2,
    );
  }
  const document = readDocument<StackDocument>(path, text);
  return {
    path,
    text,
    hasSecretsProvider: [document.encryptionsalt, document.encryptedkey, document.secretsprovider].some(
      (value) => typeof value === "string" && value !== "",
    ),
    config: document.config ?? {},
  };
}

/** A plain setting of a stack: its own value, else the project's default; "" counts as none. */
export function plainSetting(project: Project, file: StackFile, key: string): string | undefined {
  const value = file.config[`${project.name}:${key}`] ?? file.config[key] ?? project.defaults[key];
  return typeof value === "string" || typeof value === "number" ? String(value) || undefined : undefined;
}

/** A setting that is true or false, also as text; undefined where the project has none of this name. */
export function flagSetting(project: Project, file: StackFile, key: string): boolean | undefined {
  const value = file.config[`${project.name}:${key}`] ?? file.config[key] ?? project.defaults[key];
  return value === true || value === "true" ? true : value === undefined ? undefined : false;
}

/** A port among the settings; undefined where it is not set or 0. */
export function portSetting(project: Project, file: StackFile, key: string): number | undefined {
  const port = Number(plainSetting(project, file, key) ?? 0);
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined;
}

/** Does the stack count as production: by its name, or by what its file says (`tandem:policies.production`)? */
export function countsAsProduction(stack: string, { config }: Pick<StackFile, "config">): boolean {
  const word = (config[POLICIES_KEY] as { production?: unknown } | null | undefined)?.production;
  return isProduction(stack, typeof word === "boolean" ? word : undefined);
}
