// What is secret by its value: a password that stands in one variable may stand in another, in a command or in a check.
import { credentialIn } from "../../infra/settings/credential.ts";
import type { PairedService } from "./pair.ts";
import { looksSecret } from "./variables.ts";

/** Shortest value that is looked for in other texts. */
const SHORTEST = 8;
/** Words that a secret follows on a command line. */
const FLAG = /(^|\s)--?\w*(pass(word)?|secret|token|api-?key|requirepass)\w*(=|\s|$)/i;

/** The secrets of a pair of compose files. */
export class SecretValues {
  readonly #values: string[];

  constructor(services: readonly PairedService[]) {
    const all = services.flatMap(({ by }) =>
      Object.values(by).flatMap(({ environment }) =>
        Object.entries(environment).flatMap(([name, value]) => (looksSecret(name, value) ? [value] : [])),
      ),
    );
    // A plain word, such as `postgres`, is in too much.
    this.#values = [...new Set(all)].filter((value) => value.length >= SHORTEST && /[^a-z]/i.test(value));
  }

  /** Does a text hold one of them, or what looks like one? */
  isIn(text: string): boolean {
    return credentialIn(text) !== undefined || this.#values.some((value) => text.includes(value));
  }

  /** The same of the words of a command, where a flag tells of one as well. */
  isInCommand(words: readonly string[]): boolean {
    return this.isIn(words.join(" ")) || words.some((word) => FLAG.test(word));
  }
}
