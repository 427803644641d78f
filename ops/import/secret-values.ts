// What is secret by its value: a password that stands in one variable may stand in another, in a command or in a check.
import { unknownIn } from "./compose/interpolate.ts";
import { holdsCredential, isLikelySecret } from "./likely-secret.ts";
import type { Pair } from "./pair.ts";

/** Shortest value that is looked for in other texts, and shortest that another value may be as a whole. */
const SHORTEST = { inside: 8, whole: 5 };
/** Words that a secret follows on a command line. */
const FLAG = /(?:^|\s)-{1,2}(?!-?no-)[\w.-]*(?:pass|secret|token|api-?key)\w*(?:=|\s|$)/i;

/** What follows the flags of a command line. */
function flagValues(words: readonly string[]): string[] {
  return words
    .flatMap((word) => word.split(/\s+/))
    .flatMap((word, index, all) => {
      if (!FLAG.test(word)) return [];
      const at = word.indexOf("=");
      return [(at < 0 ? (all[index + 1] ?? "") : word.slice(at + 1)).replaceAll(/^["']|["']$/g, "")];
    });
}

/** The secrets of a pair, with what fills in their variables. */
export class SecretValues {
  readonly #values: string[];

  constructor({ services, projects, together }: Pair) {
    const all = [...services, ...(together === undefined ? [] : [together.shared])];
    const own = all.flatMap(({ by }) => Object.values(by));
    const named = [
      ...own.flatMap(({ environment, build, secretNames = [] }) => [
        ...Object.entries(environment).filter(([name]) => !secretNames.includes(name)),
        ...Object.entries(build?.args ?? {}),
      ]),
      // A command or a variable of another name may be where they end.
      ...Object.values(projects).flatMap(({ variables, defaults }) => [...variables, ...defaults]),
    ];
    const said = own.flatMap(({ environment, secretNames = [] }) =>
      secretNames.flatMap((name) => environment[name] ?? []),
    );
    const values = [
      ...said.filter((value) => unknownIn(value).length === 0),
      ...named.flatMap(([name, value]) => (isLikelySecret(name, value) ? [value] : [])),
      ...own.flatMap(({ command = [], entrypoint = [] }) => flagValues([...entrypoint, ...command])),
    ];
    // A plain word, such as `postgres`, is in too much.
    this.#values = [...new Set(values)].filter(
      (value) => value.length >= SHORTEST.whole && /[^a-z]/i.test(value),
    );
  }

  /** Is a text one of them, or does it hold one, or what looks like one? */
  isIn(text: string): boolean {
    return (
      holdsCredential(text) ||
      this.#values.some(
        (value) => text === value || (value.length >= SHORTEST.inside && text.includes(value)),
      )
    );
  }

  /** The same of the words of a command, where a flag tells of one as well. */
  isInCommand(words: readonly string[]): boolean {
    return this.isIn(words.join(" ")) || words.some((word) => FLAG.test(word) || this.isIn(word));
  }
}
