// The performance validation: measures two environments in turns, so that what slows the machine slows both.
import type { Project } from "../../engine/project.ts";
import { compareMeasures, type Row } from "./compare.ts";
import { databaseOf } from "./database.ts";
import { Measurement } from "./measure.ts";
import { withTrial } from "./trial.ts";

/** Requests of each kind, and queries, that each environment gets. */
const ROUNDS = 15;
/** The first rounds fill caches and connection pools, and aren't counted. */
const WARM_UP = 2;
/** Jobs at once, more than the workers of one container take. */
const JOBS = 24;
const JOB_ROUNDS = 3;

/**
 * Measures both and compares.
 *
 * @param within how many times the smaller value the greater one may be
 * @throws UserError where one of them isn't up, or doesn't answer as it should.
 */
export async function comparePerformance(
  project: Project,
  [one, other]: readonly [string, string],
  within: number,
): Promise<Row[]> {
  return await withTrial(project, one, async (left) =>
    withTrial(project, other, async (right) => {
      const start = async (trial: typeof left) => new Measurement(trial, await databaseOf(trial));
      await inTurns([await start(left), await start(right)], WARM_UP, 1);
      const both = [await start(left), await start(right)] as const;
      await inTurns(both, ROUNDS, JOB_ROUNDS);
      for (const measurement of both) await measurement.resources();
      return compareMeasures(both[0].values(), both[1].values(), within);
    }),
  );
}

async function inTurns(all: readonly Measurement[], rounds: number, jobRounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (const measurement of all) {
      await measurement.requests();
      await measurement.query();
    }
  }
  for (let round = 0; round < jobRounds; round++) for (const measurement of all) await measurement.jobs(JOBS);
}
