// Every call of the Pulumi CLI goes through here: its environment, its flags, its signals, its exit code.
import { join } from "node:path";
import { execa } from "execa";
import { packageRoot } from "../../setup/paths.ts";
import { runAttached } from "./attached.ts";
import { introduceEngine } from "./engine-introduction.ts";
import { ENGINE_NICENESS } from "./engine-priority.ts";
import { UserError } from "./errors.ts";
import { attachedPlugins } from "./plugins/start.ts";
import type { Session } from "./session.ts";

/** The engine's exit codes that a command tells apart. */
export const exitCodes = { ok: 0, error: 1, configuration: 2, interrupted: 130 } as const;

/** Variables of an engine process, with the plugins that run already. */
export async function engineEnvironment(session: Session): Promise<NodeJS.ProcessEnv> {
  return { ...process.env, ...session.variables, ...(await attachedPlugins()) };
}

/** Flags of every command that works on the stack. */
export function stackFlags({ stack, configFile }: Session): string[] {
  return ["--stack", stack, "--config-file", configFile];
}

/** Flags of every command that plans a change: the policy pack, as an executable that stands for the one that runs. */
export function policyFlags(): string[] {
  return ["--policy-pack", join(packageRoot, "policies/pulumi-analyzer-tandem")];
}

function displayFlags(): string[] {
  const plain = process.env.NO_COLOR ? ["--color", "never"] : [];
  return process.stdout.isTTY && process.stdin.isTTY ? plain : ["--non-interactive", ...plain];
}

/**
 * Runs the engine with its own live output, on this process's terminal.
 *
 * @param variables of this run only
 * @returns its exit code, or 128 plus the number of the signal that ended it.
 */
export async function runEngine(
  session: Session,
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<number> {
  return await runAttached(session.engine.command, [...displayFlags(), ...args], {
    cwd: session.project.directory,
    env: { ...(await engineEnvironment(session)), ...variables },
    niceness: ENGINE_NICENESS,
    started: introduceEngine,
  });
}

/**
 * Runs the engine for its answer.
 *
 * @param folder working folder, where it is not the project's
 * @param input its standard input, for what no argument may hold
 * @returns its standard output
 * @throws UserError with what it wrote to standard error.
 */
export async function askEngine(
  session: Session,
  args: readonly string[],
  folder: string = session.project.directory,
  input?: string,
): Promise<string> {
  const running = execa(session.engine.command, [...args, "--non-interactive", "--color", "never"], {
    cwd: folder,
    env: await engineEnvironment(session),
    reject: false,
    ...(input === undefined ? { stdin: "ignore" as const } : { input }),
    maxBuffer: 512 * 1024 * 1024,
  });
  introduceEngine(running.pid);
  const result = await running;
  if (result.failed) {
    throw new UserError(
      `pulumi ${args.slice(0, 2).join(" ")} failed for ${session.stack}: ${result.stderr.trim() || result.shortMessage}`,
      "fix the above and run the same command again",
      result.exitCode ?? exitCodes.error,
    );
  }
  return result.stdout;
}
