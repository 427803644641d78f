// The last run of a job in words.
import { expect, it } from "vitest";
import type { JobRun } from "../../lib/jobs/log.ts";
import { lastRun } from "./job-words.ts";

const startedAt = "2026-11-30T03:15:00.000Z";
const run = (parts: Partial<JobRun>): JobRun => ({ startedAt, output: [], ...parts });
const endedAt = "2026-11-30T03:16:15.000Z";

it.each([
  [run({}), "runs", false],
  [run({ endedAt, exitCode: 0 }), "well after 1 min 15 s", false],
  [run({ endedAt, exitCode: 3 }), "exit code 3 after 1 min 15 s", true],
  [run({ endedAt, exitCode: 143 }), "killed after 1 min 15 s", true],
  [run({ endedAt, exitCode: -1 }), "killed after 1 min 15 s", true],
  [run({ cutOff: true }), "cut off by the end of its scheduler", true],
])("%j", (last, words, failed) => {
  const before = run({ endedAt, exitCode: 9 });
  expect(lastRun({ runs: [before, last] })).toEqual({ startedAt, words, failed });
});

it("is none before the first", () => {
  expect(lastRun({ runs: [] })).toBeUndefined();
});
