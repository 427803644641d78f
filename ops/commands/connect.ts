// `tandem connect`: holds the way to a Docker host on another machine open, for plain `pulumi` commands.
import { launcher } from "../../lib/launcher.ts";
import { engineVariables } from "../../setup/engine-env.ts";
import { locateEngine } from "../../setup/engine-location.ts";
import { resolvePaths } from "../../setup/paths.ts";
import { ensureState } from "../../setup/state.ts";
import { runAttached } from "../engine/attached.ts";
import { exitCodes } from "../engine/engine.ts";
import { UserError } from "../engine/errors.ts";
import { loadProject, loadStackFile } from "../engine/project.ts";
import { type ForwardedPort, requireDocker, withRemoteHost } from "../engine/remote/remote-host.ts";
import { say } from "../engine/say.ts";
import { neededForward } from "../engine/session.ts";
import type { AddCommand } from "./command-line.ts";

/** Options of the command. */
export interface ConnectOptions {
  project?: string;
}

/** Resolves when this process is asked to end. */
async function interrupted(): Promise<void> {
  await new Promise<void>((resolve) => {
    // Signals alone keep no process alive.
    const timer = setInterval(() => undefined, 60_000);
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.once(signal, () => {
        clearInterval(timer);
        resolve();
      });
    }
  });
}

async function holdOpen(stack: string, forward: ForwardedPort | undefined): Promise<number> {
  if (forward === undefined) {
    say(`${stack} needs no connection: its Docker host is this machine`);
    return exitCodes.ok;
  }
  await withRemoteHost(forward, async () => {
    say(`port ${forward.localPort} leads to Postgres on ${forward.host}; Ctrl-C closes it`);
    await interrupted();
  });
  return exitCodes.ok;
}

/**
 * Runs the command: with a command line of the user's, while that runs, in the environment of `tandem env`; without
 * one, until it is interrupted.
 *
 * @returns the exit code of the user's command
 * @throws UserError when the host can't be reached.
 */
export async function connect(
  stack: string,
  [program, ...args]: readonly string[],
  options: ConnectOptions,
): Promise<number> {
  const project = loadProject(options.project);
  const forward = neededForward(project, loadStackFile(project, stack));
  if (forward !== undefined) await requireDocker(forward.host);
  if (program === undefined) return await holdOpen(stack, forward);

  const paths = resolvePaths();
  const engine = locateEngine(paths);
  if (engine === undefined) {
    throw new UserError("this machine has no Pulumi CLI yet", `run \`${launcher()} setup\` first`);
  }
  ensureState(paths);
  const env = { ...process.env, ...engineVariables(paths, engine) };
  return await withRemoteHost(forward, async () => {
    try {
      return await runAttached(program, args, { cwd: project.directory, env });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new UserError(`${program} can't be started: ${reason}`, "name a program on your PATH", 127);
    }
  });
}

/** Adds the command. */
export const command: AddCommand = (program, merged) =>
  program
    .command("connect")
    .description(
      "hold the way to a Docker host on another machine open: while a command runs, else until Ctrl-C",
    )
    .argument("[stack]", "environment", "staging")
    .argument("[command...]", "command to run, such as: pulumi refresh -s staging --preview-only")
    .passThroughOptions()
    .action(async (stack: string, command: string[], options: object) => {
      process.exitCode = await connect(stack, command, merged(options));
    });
