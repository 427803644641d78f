// Every call of the Pulumi CLI goes through here: its environment, its flags, its signals, its exit code.
import { spawn } from "node:child_process";
import { execa } from "execa";
import { UserError } from "./errors.ts";
import type { Session } from "./session.ts";
import { openForward } from "./ssh-forward.ts";

/** The engine's exit codes that a command tells apart. */
export const exitCodes = { ok: 0, error: 1, configuration: 2, interrupted: 130 } as const;

/** Variables of an engine process. */
export function engineEnvironment(session: Session): NodeJS.ProcessEnv {
  return { ...process.env, ...session.variables };
}

/** Flags of every command that works on the stack. */
export function stackFlags({ stack, configFile }: Session): string[] {
  return ["--stack", stack, "--config-file", configFile];
}

function displayFlags(): string[] {
  const plain = process.env.NO_COLOR ? ["--color", "never"] : [];
  return process.stdout.isTTY && process.stdin.isTTY ? plain : ["--non-interactive", ...plain];
}

/**
 * Runs the engine with its own live output, on this process's terminal.
 *
 * An interrupt lets the engine stop in order: it finishes what is under way and writes its state. From a terminal it
 * reaches the engine by itself, being sent to the whole foreground group; sent to this process only, it is passed on.
 *
 * @returns its exit code, or 128 plus the number of the signal that ended it.
 */
export async function runEngine(session: Session, args: readonly string[]): Promise<number> {
  const child = spawn(session.engine.command, [...args, ...displayFlags()], {
    cwd: session.project.directory,
    env: engineEnvironment(session),
    stdio: "inherit",
  });
  const passOn = (signal: NodeJS.Signals) => {
    if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
  };
  const signals: NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) process.on(signal, passOn);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, signal) => {
        resolve(code ?? 128 + (signal === "SIGKILL" ? 9 : signal === "SIGTERM" ? 15 : 2));
      });
    });
  } finally {
    for (const signal of signals) process.removeListener(signal, passOn);
  }
}

/**
 * Runs the engine for its answer.
 *
 * @param folder working folder, where it is not the project's
 * @returns its standard output
 * @throws UserError with what it wrote to standard error.
 */
export async function askEngine(
  session: Session,
  args: readonly string[],
  folder: string = session.project.directory,
): Promise<string> {
  const result = await execa(session.engine.command, [...args, "--non-interactive", "--color", "never"], {
    cwd: folder,
    env: engineEnvironment(session),
    reject: false,
    stdin: "ignore",
    maxBuffer: 512 * 1024 * 1024,
  });
  if (result.failed) {
    throw new UserError(
      `pulumi ${args.slice(0, 2).join(" ")} failed for ${session.stack}: ${result.stderr.trim() || result.shortMessage}`,
      "mend the above and run the same command again",
      result.exitCode ?? exitCodes.error,
    );
  }
  return result.stdout;
}

/**
 * Keeps the forward to the stack's Postgres open while `work` runs, where its Docker host is another machine.
 *
 * @throws UserError when it can't be opened; what `work` throws. It is closed in any case.
 */
export async function withForward<T>(
  forward: { host: string; localPort: number; remotePort: number } | undefined,
  work: () => Promise<T>,
): Promise<T> {
  if (forward === undefined) return await work();
  const open = await openForward({
    ...forward,
    onLost: (reason) =>
      process.stderr.write(`tandem: the connection to ${forward.host} was lost: ${reason}\n`),
  });
  try {
    return await work();
  } finally {
    await open.close();
  }
}
