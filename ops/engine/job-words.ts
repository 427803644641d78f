// How the runs of jobs are told.
import type { JobState } from "../../lib/jobs/log.ts";
import { formatSeconds } from "../../setup/durations.ts";

/** The last run of a job, in words. */
export interface LastRun {
  startedAt: string;
  /** How it ended, such as `well after 3 s`. */
  words: string;
  /** Did it end badly? */
  failed: boolean;
}

/** What a shell says of a command that SIGKILL or SIGTERM ended, as at its time limit; and the scheduler of any signal. */
const KILLED = [137, 143, -1];

/** The last run; undefined where there is none. */
export function lastRun({ runs }: Pick<JobState, "runs">): LastRun | undefined {
  const last = runs.at(-1);
  if (last === undefined) return undefined;
  const { startedAt, endedAt, exitCode, cutOff } = last;
  if (cutOff) return { startedAt, words: "cut off by the end of its scheduler", failed: true };
  if (endedAt === undefined) return { startedAt, words: "runs", failed: false };
  const took = formatSeconds(Math.max(0, Date.parse(endedAt) - Date.parse(startedAt)) / 1000);
  if (exitCode === 0) return { startedAt, words: `well after ${took}`, failed: false };
  const how = KILLED.includes(exitCode ?? -1) ? "killed" : `exit code ${exitCode}`;
  return { startedAt, words: `${how} after ${took}`, failed: true };
}

/** A moment as tables show it. */
export const moment = (at: string): string => at.replace(/\.\d+Z$/, "Z");
