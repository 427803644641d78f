// An `up` that is killed with SIGKILL, all of it, at moments all over it: what the tests of first ups and of updates share.
import { type Moment, momentsIn, runAndStrike, type StruckRun, seeded } from "./killer.ts";
import type { TestProject } from "./project.ts";

const ROUNDS = process.env.TANDEM_SOAK === undefined ? 3 : 50;

/** What the moments' delays are made of; `TANDEM_SEED` sets another. */
export const seed = Number(process.env.TANDEM_SEED ?? 20261121);

/** The rounds' moments, all over a run that prints so many lines about operations. */
export function moments(lines: number): Moment[] {
  return momentsIn(lines, ROUNDS, seeded(seed));
}

/** Brings staging up, and kills it. */
export async function killedUp(project: TestProject, moment: Moment): Promise<StruckRun> {
  return await runAndStrike(...project.commandLine(["up", "staging"]), moment, {
    cwd: project.folder,
    env: { ...process.env, ...project.environment() },
  });
}
