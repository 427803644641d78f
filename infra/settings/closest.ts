// Did you mean: the known word that a misspelt one was probably meant to be.
import { closestMatch } from "leven";

/** The candidate nearest to a word, or undefined if none is near. Case doesn't count. */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  const lower = candidates.map((candidate) => candidate.toLowerCase());
  const maxDistance = Math.max(1, Math.floor(word.length / 3));
  const near = closestMatch(word.toLowerCase(), lower, { maxDistance });
  return near === undefined ? undefined : candidates[lower.indexOf(near)];
}
