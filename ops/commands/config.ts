// `tandem config`: the engine's own `config`, with its CLI, state and passphrase found, and the stack made if need be.

import { launcher } from "../../lib/launcher.ts";
import { createStack } from "../deploy/create-stack.ts";
import { exitCodes, runEngine } from "../engine/engine.ts";
import { UserError } from "../engine/errors.ts";
import { prepareMachine } from "../engine/prepare.ts";
import { loadProject, loadStackFile } from "../engine/project.ts";
import { localDeployment, openSession } from "../engine/session.ts";
import type { AddCommand } from "./command-line.ts";
import { addImport } from "./config-import.ts";
import { addSchema } from "./config-schema.ts";

/** What to do with which setting. */
export interface ConfigRequest {
  /** `set`, `get` or `rm`. */
  action: string;
  key: string;
  value?: string;
}

/** Options of the command. */
export interface ConfigOptions {
  /** Folder of the project. @default the package's root */
  project?: string;
  stack: string;
  secret?: boolean;
  path?: boolean;
}

function refuse({ action, key, value }: ConfigRequest, { secret }: ConfigOptions): void {
  if (!["set", "get", "rm"].includes(action)) {
    throw new UserError(
      `config can't "${action}"`,
      `use: ${launcher()} config set, get or rm`,
      exitCodes.configuration,
    );
  }
  if (action !== "set" && (value !== undefined || secret === true)) {
    throw new UserError(
      `config ${action} takes a key and nothing else`,
      `name the environment with --stack, as in: ${launcher()} config ${action} ${key} --stack staging`,
      exitCodes.configuration,
    );
  }
  if (secret === true && value !== undefined) {
    throw new UserError(
      "a secret on the command line stays in the shell's history and shows in the process list",
      "leave it out: it is asked for, or read from standard input",
      exitCodes.configuration,
    );
  }
}

/**
 * Runs the command on the tracked stack file. A secret is encrypted with this machine's passphrase; the file then
 * names the salt.
 *
 * @returns the exit code: the engine's.
 * @throws UserError for what it can't do, and where there is no such stack file.
 */
export async function config(request: ConfigRequest, options: ConfigOptions): Promise<number> {
  refuse(request, options);
  const project = loadProject(options.project);
  const file = loadStackFile(project, options.stack);
  await prepareMachine({ engineOnly: true });
  const session = openSession(project, options.stack, file);
  // The engine wants to know the stack even to change a file.
  if (localDeployment(session) === undefined) await createStack(session);
  const { action, key, value } = request;
  const flags = [...(options.secret ? ["--secret"] : []), ...(options.path ? ["--path"] : [])];
  // `--`: a value may begin with a dash.
  const words = value === undefined ? [key] : [key, value];
  return await runEngine(session, [
    ...["config", action, ...flags, "--stack", options.stack, "--config-file", file.path],
    ...["--", ...words],
  ]);
}

/** Adds the command, and those below it. */
export const command: AddCommand = (program, merged) => {
  const settings = program
    .command("config")
    .description("read and change an environment's settings: `pulumi config`, ready to use")
    .argument("<action>", "set, get or rm")
    .argument("<key>", "setting, such as hostPort or, with --path, limits.app.memory")
    .argument("[value]", "new value; a secret is asked for, or read from standard input")
    .option("--stack <name>", "environment", "staging")
    .option("--secret", "keep the value encrypted")
    .option("--path", "the key is a path into a map or list")
    .action(async (action: string, key: string, value: string | undefined, options: { stack: string }) => {
      process.exitCode = await config({ action, key, value }, merged(options));
    })
    // Flags after `import` are its own.
    .enablePositionalOptions();
  addImport(settings, merged);
  addSchema(settings, merged);
};
