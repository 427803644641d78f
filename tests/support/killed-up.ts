// An `up` that is killed with SIGKILL, all of it, at moments all over it: what the tests of first ups and of updates share.
import { type Moment, momentsIn, runAndStrike, type StruckRun, seeded } from "./killer.ts";
import { SOAK } from "./long-form.ts";
import type { TestProject } from "./project.ts";

/** Rounds of the long form, and those of which each day takes some. */
const ROUNDS = { long: 50, daily: 3 };

/** What the moments' delays are made of; `TANDEM_SEED` sets another. */
export const seed = Number(process.env.TANDEM_SEED ?? 20261121);

/**
 * The rounds' moments, all over a run that prints so many lines about operations.
 *
 * @param daily how many of them there are where the long form isn't asked for: those after the first
 */
export function moments(lines: number, daily: number): Moment[] {
  if (SOAK) return momentsIn(lines, ROUNDS.long, seeded(seed));
  return momentsIn(lines, ROUNDS.daily, seeded(seed)).slice(1, 1 + daily);
}

/** Brings staging up, and kills it. */
export async function killedUp(project: TestProject, moment: Moment): Promise<StruckRun> {
  return await runAndStrike(...project.commandLine(["up", "staging"]), moment, {
    cwd: project.folder,
    env: { ...process.env, ...project.environment() },
  });
}
