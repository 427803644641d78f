// Commands that the page of an import names, as they are typed at the repository's root.
import { keyText, quote } from "../../infra/check/problem.ts";
import { launcher } from "../../lib/launcher.ts";
import type { Stack } from "./pair.ts";

/** Commands on a system. */
export class Commands {
  readonly #system: string;

  /** @param system name of the system */
  constructor(system: string) {
    this.#system = system;
  }

  /** Sets a plain value of a setting, or inside one. */
  set(stack: Stack, path: readonly string[], value: string): string {
    return `${this.#config(path)} ${quote(value)} ${this.#options(stack)}`;
  }

  /** Sets a secret, which is asked for. */
  setSecret(stack: Stack, path: readonly string[]): string {
    return `${this.#config(path)} --secret ${this.#options(stack)}`;
  }

  /** Takes the variables of a `.env` file over. */
  importFile(stack: Stack, file: string, role: string): string {
    return `${launcher()} config import ${quote(file)} --role ${role} ${this.#options(stack)}`;
  }

  #config(path: readonly string[]): string {
    const inside = path.length > 1 ? "--path " : "";
    return `${launcher()} config set ${inside}${quote(keyText([...path], this.#system))}`;
  }

  #options(stack: Stack): string {
    return `--system ${this.#system} --stack ${stack}`;
  }
}
