// The limits of a preview that has nothing to do, of a deploy, and of a look for drift; the benchmarks fail beyond them, and a
// test holds their last results against them.
import type { Measurement } from "./results.ts";

/** Names of the cases that are compared. */
export const CASES = {
  precompiled: "empty program in precompiled JavaScript, started as Pulumi's own host does",
  template: "empty program as `pulumi new typescript` leaves it",
  oracle: "The Oracle",
  ownHost: "the same, started by our language host",
  policies: "The Oracle, with the policy pack",
} as const;

/** The Oracle's time may be this much of the empty, precompiled program's. */
export const MOST_TIMES_EMPTY = 1.5;

/** Median seconds of a case. @throws Error where it was not measured. */
export function medianOf({ figures }: Pick<Measurement, "figures">, name: string): number {
  const found = figures.find((figure) => figure.name === name);
  if (found === undefined) throw new Error(`nothing was measured of: ${name}`);
  return found.median;
}

/** What is beyond a limit, in words; empty where all is well. Medians of one run are compared, never seconds of two. */
export function beyondLimits(measured: Pick<Measurement, "figures">): string[] {
  const median = (name: string) => medianOf(measured, name);
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

/** Names of a deploy's cases. */
export const DEPLOY_CASES = {
  start: "the app's own start: `docker run` until it is ready",
  compose: "`docker compose up -d`",
  tandem: "`./tandem up`, with its preview and migration",
} as const;

/** A percentile of latencies during deploys may be this much of that in a quiet minute. */
export const MOST_TIMES_QUIET = 2;

/** Seconds that a deploy may take beyond the app's own start, from the command until the new version answers. */
export const MOST_BEYOND_START = 6;

/** What of a deploy is beyond the limit, in words; empty where all is well. */
export function slowDeploys(measured: Pick<Measurement, "figures">): string[] {
  const beyond = medianOf(measured, DEPLOY_CASES.tandem) - medianOf(measured, DEPLOY_CASES.start);
  if (beyond <= MOST_BEYOND_START) return [];
  return [
    `A deploy takes ${beyond.toFixed(1)} s more than the app's own start: at most ${MOST_BEYOND_START}`,
  ];
}

/** Names of the cases of a rollback, each with the deploy that it undoes. */
export const ROLLBACK_CASES = {
  deploy: "`./tandem up` of a new image",
  back: "`./tandem rollback` from it",
  migratingDeploy: "`./tandem up` of a new image with a migration of 1.5 million rows",
  migratingBack: "`./tandem rollback` from that",
} as const;

/** Names of the cases of a look for drift. */
export const DRIFT_CASES = {
  refresh: "pulumi refresh --preview-only of staging",
  drift: "./tandem drift of both",
} as const;

/** A look for drift in both stacks may take this much of one plain refresh. */
export const MOST_TIMES_REFRESH = 2;

/** What of a look for drift is beyond the limit, in words; empty where all is well. */
export function slowLooks(measured: Pick<Measurement, "figures">): string[] {
  const ratio = medianOf(measured, DRIFT_CASES.drift) / medianOf(measured, DRIFT_CASES.refresh);
  if (ratio <= MOST_TIMES_REFRESH) return [];
  return [`A look for drift takes ${ratio.toFixed(2)} times a refresh: at most ${MOST_TIMES_REFRESH}`];
}
