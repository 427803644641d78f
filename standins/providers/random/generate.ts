// Random values from the system's cryptographic generator, every outcome as likely as every other.
import { createHmac, randomInt } from "node:crypto";

/** Which characters a random text is made of. */
export interface TextParameters {
  readonly length: number;
  readonly lower: boolean;
  readonly upper: boolean;
  readonly numeric: boolean;
  readonly special: boolean;
  readonly minLower: number;
  readonly minUpper: number;
  readonly minNumeric: number;
  readonly minSpecial: number;
  /** Special characters to use in place of the usual ones; empty means the usual ones. */
  readonly overrideSpecial: string;
}

const LOWER = "abcdefghijklmnopqrstuvwxyz";
const UPPER = LOWER.toUpperCase();
const DIGITS = "0123456789";
const SPECIAL = "!@#$%&*()-_=+[]{}<>:?";

/** Draws a number from 0 (inclusive) to `bound` (exclusive). */
export type Draw = (bound: number) => number;

/** Draws from the system's generator. */
export const drawSecurely: Draw = (bound) => randomInt(bound);

/**
 * Draws numbers that depend on nothing but the seed. They are the same for ever, but other than those that the
 * official plugin draws for the same seed.
 */
export function drawSeeded(seed: string): Draw {
  let counter = 0;
  return (bound) => {
    // Numbers past the last whole multiple of the bound would make the first outcomes likelier.
    const limit = 2 ** 48 - (2 ** 48 % bound);
    for (;;) {
      const block = createHmac("sha256", seed).update(String(counter++)).digest();
      const number = block.readUIntBE(0, 6);
      if (number < limit) return number % bound;
    }
  };
}

/** Makes a text with at least the wanted number of characters of each kind, in random order. */
export function randomText(parameters: TextParameters): string {
  const special = [...(parameters.overrideSpecial || SPECIAL)];
  const kinds = [
    { characters: [...LOWER], used: parameters.lower, min: parameters.minLower },
    { characters: [...UPPER], used: parameters.upper, min: parameters.minUpper },
    { characters: [...DIGITS], used: parameters.numeric, min: parameters.minNumeric },
    { characters: special, used: parameters.special, min: parameters.minSpecial },
  ];
  const all = kinds.flatMap(({ characters, used }) => (used ? characters : []));
  const wanted = kinds.flatMap(({ characters, min }) => pick(characters, min));
  return shuffle([...wanted, ...pick(all, parameters.length - wanted.length)], drawSecurely).join("");
}

/** A random order of the items (Fisher and Yates); the list itself stays as it is. */
export function shuffle<T>(items: readonly T[], draw: Draw): T[] {
  const result = [...items];
  for (let end = result.length - 1; end > 0; end--) {
    const other = draw(end + 1);
    [result[end], result[other]] = [result[other] as T, result[end] as T];
  }
  return result;
}

function pick(characters: readonly string[], count: number): string[] {
  return Array.from({ length: count }, () => characters[randomInt(characters.length)] as string);
}
