// Did you mean: the known word that a misspelt or shortened one was probably meant to be.
import { closestMatch } from "leven";

/** Shortest word that counts as the beginning of another. */
const SHORTEST = 3;

/** The candidate nearest to a word, or undefined if none is near. Case doesn't count. */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  const wanted = word.toLowerCase();
  const lower = candidates.map((candidate) => candidate.toLowerCase());
  const longer = lower.filter((candidate) => wanted.length >= SHORTEST && candidate.startsWith(wanted));
  const maxDistance = Math.max(1, Math.floor(word.length / 3));
  const near = closestMatch(wanted, lower, { maxDistance }) ?? (longer.length === 1 ? longer[0] : undefined);
  return near === undefined ? undefined : candidates[lower.indexOf(near)];
}
