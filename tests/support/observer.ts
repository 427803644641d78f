// The machine as seen from outside while commands run; the looking is done by a process of its own.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Answer, Question } from "./observer-process.ts";
import type { Secret } from "./secret-scan.ts";

/** Watches processes and folders. */
export class Observer {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcess, lines: AsyncIterator<string>) {
    this.#child = child;
    this.#lines = lines;
  }

  /** Starts to watch: new processes, and all files in these folders. */
  static async start(folders: readonly string[]): Promise<Observer> {
    const script = fileURLToPath(new URL("./observer-process.ts", import.meta.url));
    const child = spawn(process.execPath, [script, JSON.stringify(folders)], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    await lines.next();
    return new Observer(child, lines);
  }

  /** Ends the watch. @returns where the secrets were seen */
  async end(secrets: readonly Secret[]): Promise<Answer> {
    const question: Question = { secrets: [...secrets] };
    this.#child.stdin?.write(`${JSON.stringify(question)}\n`);
    const { value } = await this.#lines.next();
    if (value === undefined) throw new Error("the observer ended without an answer");
    return JSON.parse(value) as Answer;
  }

  /** Ends the watch without a question. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill();
    await once(this.#child, "exit");
  }
}
