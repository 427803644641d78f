// The limits of a preview that has nothing to do; the benchmark fails beyond them, and a test holds its last results against them.
import type { Measurement } from "./results.ts";

/** Names of the cases that are compared. */
export const CASES = {
  precompiled: "empty program in precompiled JavaScript, started as Pulumi's own host does",
  template: "empty program as `pulumi new typescript` leaves it",
  oracle: "The Oracle",
} as const;

/** The Oracle's time may be this much of the empty, precompiled program's. */
export const MOST_TIMES_EMPTY = 1.5;

/** What is beyond a limit, in words; empty where all is well. Medians of one run are compared, never seconds of two. */
export function beyondLimits({ figures }: Pick<Measurement, "figures">): string[] {
  const median = (name: string): number => {
    const found = figures.find((figure) => figure.name === name);
    if (found === undefined) throw new Error(`nothing was measured of: ${name}`);
    return found.median;
  };
  const oracle = median(CASES.oracle);
  const ratio = oracle / median(CASES.precompiled);
  const problems: string[] = [];
  if (ratio > MOST_TIMES_EMPTY) {
    problems.push(`The Oracle takes ${ratio.toFixed(2)} times an empty program: at most ${MOST_TIMES_EMPTY}`);
  }
  if (oracle >= median(CASES.template)) {
    problems.push("The Oracle takes longer than an empty program as `pulumi new typescript` leaves it");
  }
  return problems;
}
