// `tandem config import`: the variables of a `.env` file, into a stack file: plain ones as they are, credentials encrypted.
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { parseDocument } from "yaml";
import { readSystem } from "../../infra/check/index.ts";
import { decrypt, keyOf, passphrase } from "../../infra/check/pulumi-cipher.ts";
import type { SystemSettings } from "../../infra/settings/define.ts";
import { metaOf } from "../../infra/settings/kind.ts";
import { exitCodes } from "../engine/engine.ts";
import { UserError } from "../engine/errors.ts";
import { loadProject, loadStackFile, type Project, type StackFile } from "../engine/project.ts";
import { stackCommand } from "../engine/systems.ts";
import type { AddCommand } from "./command-line.ts";
import { readEnvFile } from "./variables/env-file.ts";
import { type Existing, type Placed, placeVariables } from "./variables/placement.ts";
import { seal } from "./variables/seal.ts";
import { variablesIn, withVariables } from "./variables/stack-variables.ts";

/** Options of the command. */
export interface ImportOptions {
  /** Folder of the project. @default the package's root */
  project?: string;
  stack: string;
  /** Service that gets them. @default the system's only one */
  role?: string;
  /** Encrypt these, whatever they look like. */
  secret?: string[];
  /** Leave these plain, whatever they are called. */
  plain?: string[];
  /** Give variables that are there already their new value. */
  overwrite?: boolean;
}

/**
 * Runs the command. Nothing is written unless everything is; the file keeps its comments.
 *
 * @throws UserError with every line and variable that can't be taken.
 */
export async function configImport(path: string, options: ImportOptions): Promise<void> {
  const project = loadProject(options.project);
  const file = loadStackFile(project, options.stack);
  const role = roleOf(await readSystem(project.directory, options.stack), options);
  const { entries, problems: lines } = readEnvFile(readText(path));
  const existing = await existingVariables(project, file, role);
  const told = {
    secret: options.secret ?? [],
    plain: options.plain ?? [],
    overwrite: options.overwrite ?? false,
  };
  const { placed, problems } = placeVariables(entries, existing, told);
  const wrong = [...lines.map(({ line, reason }) => `line ${line} ${reason}`), ...problems];
  if (wrong.length > 0) throw refused(path, wrong);
  const fresh = placed.filter(({ unchanged }) => !unchanged);
  if (fresh.length > 0) await write(project, file, options.stack, role, fresh);
  process.stdout.write(`${summary(placed, options.stack, role, project)}\n`);
}

function refused(path: string, wrong: readonly string[]): UserError {
  return new UserError(
    `${path} was not imported, and nothing was changed:\n${wrong.map((line) => `  ${line}`).join("\n")}`,
    "change the file or the options, and run the same command again",
    exitCodes.configuration,
  );
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
    throw new UserError(
      `${path} can't be read: ${code}`,
      "name a file such as .env",
      exitCodes.configuration,
    );
  }
}

function roleOf(system: SystemSettings | undefined, { role, stack }: ImportOptions): string {
  const setting = system?.keys.environment;
  const roles = setting === undefined ? [] : (metaOf(setting.schema).variables?.roles ?? []);
  const fix = (words: string) => new UserError(words, roles.map((name) => `--role ${name}`).join(", or "), 2);
  if (roles.length === 0) {
    throw new UserError(
      `${stack} takes no variables of services`,
      'add ...variableSettings("app") with the names of its AppServices to the settings in settings.ts',
      exitCodes.configuration,
    );
  }
  if (role !== undefined && !roles.includes(role)) throw fix(`the system has no service ${role}`);
  const [only] = roles;
  if (role === undefined && roles.length > 1)
    throw fix("the system has several services: name the one that gets them");
  return role ?? only ?? "";
}

/** What the stack file gives the service already. */
async function existingVariables(
  project: Project,
  { text }: StackFile,
  role: string,
): Promise<Map<string, Existing>> {
  const found = variablesIn(text, project.name, role);
  const salt: unknown = parseDocument(text).get("encryptionsalt");
  const phrase = passphrase();
  const sealed = [...found.values()].some(({ cipher }) => cipher !== undefined);
  const key =
    sealed && typeof salt === "string" && phrase !== undefined ? await keyOf(salt, phrase) : undefined;
  return new Map(
    [...found].map(([name, { under, text: plain, cipher }]) => [
      name,
      { under, value: cipher === undefined ? plain : opened(cipher, key) },
    ]),
  );
}

function opened(cipher: string, key: Buffer | undefined): string | undefined {
  try {
    return key === undefined ? undefined : decrypt(cipher, key);
  } catch {
    return undefined;
  }
}

async function write(
  project: Project,
  file: StackFile,
  stack: string,
  role: string,
  placed: readonly Placed[],
): Promise<void> {
  const valuesOf = (under: Placed["under"]) =>
    Object.fromEntries(placed.filter((one) => one.under === under).map(({ name, value }) => [name, value]));
  const secrets = Object.entries(valuesOf("secrets"));
  const { sealed: ciphers, salt } = await seal(
    project,
    file,
    stack,
    secrets.map(([name, value]) => ({ path: ["secrets", role, name], value })),
  );
  const sealed = Object.fromEntries(secrets.map(([name], index) => [name, ciphers[index] ?? ""]));
  const text = withVariables(file.text, project.name, { role, plain: valuesOf("environment"), sealed, salt });
  writeFileSync(`${file.path}.new`, text);
  renameSync(`${file.path}.new`, file.path);
}

/** Which variable went where; never a value. */
function summary(placed: readonly Placed[], stack: string, role: string, project: Project): string {
  const names = (which: readonly Placed[]) =>
    which.map(({ name, because }) => (because === undefined ? name : `${name} (${because})`)).join(", ");
  const fresh = placed.filter(({ unchanged }) => !unchanged);
  const groups: [string, readonly Placed[]][] = [
    ["plain", fresh.filter(({ under }) => under === "environment")],
    ["encrypted", fresh.filter(({ under }) => under === "secrets")],
    ["as it was", placed.filter(({ unchanged }) => unchanged)],
  ];
  return [
    `${role} of ${stack} (${project.name}): ${fresh.length} of ${placed.length} variables written to Pulumi.${stack}.yaml`,
    ...groups.flatMap(([word, which]) =>
      which.length === 0 ? [] : [`  ${word.padEnd(10)} ${names(which)}`],
    ),
    `  next       ${stackCommand(project, "preview", stack)}`,
  ].join("\n");
}

/** Adds it below `config`. */
export const addImport: AddCommand = (config, merged) =>
  config
    .command("import")
    .description("write the variables of a .env file into an environment's file; credentials encrypted")
    .argument("<file>", "file with NAME=value lines")
    .option("--stack <name>", 'environment (default: "staging")')
    .option("--role <name>", "service that gets them (default: the system's only one)")
    .option("--secret <name...>", "encrypt these, whatever they look like")
    .option("--plain <name...>", "leave these plain, whatever they are called")
    .option("--overwrite", "give variables that are there already their new value")
    .action((file: string, options: { stack?: string }) => {
      // Flags before `import` count too.
      const { stack, system } = config.opts<{ stack: string; system?: string }>();
      return configImport(file, merged({ stack, ...(system === undefined ? {} : { system }), ...options }));
    });
