// Runs a program on this process's terminal, as if the user had called it: its output, its signals, its exit code.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { lowerPriority } from "./engine-priority.ts";

/**
 * Runs the program to its end.
 *
 * An interrupt lets it stop in order: the engine finishes what is under way and writes its state. From a terminal it
 * reaches the program by itself, being sent to the whole foreground group; sent to this process only, it is passed on.
 *
 * @param options.niceness priority of the program and all that it starts, 0 to 19, 19 is the lowest.
 *   @default this process's own
 * @param options.started called with the process's number as soon as there is one
 * @returns its exit code; 128 plus the number of the signal where one interrupted it or ended it.
 * @throws when it can't be started.
 */
export async function runAttached(
  command: string,
  args: readonly string[],
  {
    niceness,
    started,
    ...options
  }: { cwd: string; env: NodeJS.ProcessEnv; niceness?: number; started?: (pid: number | undefined) => void },
): Promise<number> {
  const child = spawn(command, args, { ...options, stdio: "inherit" });
  // At once, so that whatever it starts inherits it. One that has ended, or couldn't be started, tells so below.
  started?.(child.pid);
  if (niceness !== undefined) lowerPriority(child.pid, niceness);
  let interrupted: NodeJS.Signals | undefined;
  const passOn = (signal: NodeJS.Signals) => {
    interrupted ??= signal;
    if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
  };
  const signals: NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) process.on(signal, passOn);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, signal) => {
        // The engine ends with a plain failure where it was interrupted; one that had finished by then is a success.
        const reason = signal ?? (code === 0 ? undefined : interrupted);
        resolve(reason === undefined ? (code ?? 1) : 128 + constants.signals[reason]);
      });
    });
  } finally {
    for (const signal of signals) process.removeListener(signal, passOn);
  }
}
