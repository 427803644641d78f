// The Node processes that the host starts, and their end: none of them outlives the host.
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";

/** How long a process may take to end after it was interrupted. In milliseconds. */
const GRACE = 5_000;

/** How a process ended. */
export interface Exit {
  /** Exit code, or -1 when a signal ended it. */
  readonly code: number;
  readonly signal: NodeJS.Signals | null;
}

/** Starts processes and remembers which of them run. */
export class Children {
  readonly #running = new Set<ChildProcess>();

  /** Starts a process with piped output. The promise fails only if it can't be started at all. */
  start(
    command: string,
    args: readonly string[],
    options: Pick<SpawnOptions, "cwd" | "env">,
  ): { child: ChildProcess; exited: Promise<Exit> } {
    const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    this.#running.add(child);
    const exited = new Promise<Exit>((resolve, reject) => {
      child.once("error", (error) => {
        this.#running.delete(child);
        reject(new Error(`could not start ${command}: ${error.message}`));
      });
      // "close" comes after the last line of output, "exit" may come before it.
      child.once("close", (code, signal) => {
        this.#running.delete(child);
        resolve({ code: code ?? -1, signal });
      });
    });
    return { child, exited };
  }

  /** Interrupts every process, kills those that take longer than the grace time, and waits for the end of all. */
  async stop(): Promise<void> {
    await Promise.all([...this.#running].map((child) => this.interrupt(child)));
  }

  /** Interrupts one process, and kills it when it takes longer than the grace time. */
  interrupt(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => child.kill("SIGKILL"), GRACE);
      child.once("exit", () => {
        clearTimeout(timer);
        resolve();
      });
      child.kill("SIGINT");
    });
  }
}
