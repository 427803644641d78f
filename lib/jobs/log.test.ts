// The log of a scheduler: runs with their ends, what was handed on, and what others write into it.
import { describe, expect, it } from "vitest";
import { cutOff, jobStates, readStates } from "./log.ts";

const line = (second: number, msg: string, more: object = {}, job = "tidy") =>
  JSON.stringify({
    "job.command": `. /run/tandem-jobs/${job}`,
    level: "info",
    msg,
    time: `2026-11-30T03:15:${String(second).padStart(2, "0")}Z`,
    ...more,
  });
const at = (second: number) => `2026-11-30T03:15:${String(second).padStart(2, "0")}.000Z`;
const out = { channel: "stdout" };

describe("the jobs of a log", () => {
  it("have their runs with beginning, end, exit code and output, and their next time", () => {
    const log = [
      "plain text",
      line(0, "job will run next at 2026-11-30 03:15:01 +0000 UTC", { level: "debug" }),
      line(1, "starting"),
      line(2, "swept", out),
      line(2, "starting", {}, "other"),
      line(3, "job succeeded"),
      line(4, "starting"),
      line(4, "job succeeded", out),
      line(5, "error running command: exit status 3", { level: "error" }),
      line(5, "job will run next at 2026-11-30 05:15:00.25 +0200 CEST", { level: "debug" }),
    ];
    expect(jobStates(log)).toEqual([
      { job: "other", runs: [{ startedAt: at(2), output: [] }] },
      {
        job: "tidy",
        runs: [
          { startedAt: at(1), endedAt: at(3), exitCode: 0, output: ["swept"] },
          { startedAt: at(4), endedAt: at(5), exitCode: 3, output: ["job succeeded"] },
        ],
        next: "2026-11-30T03:15:00.000Z",
      },
    ]);
  });

  it("are bounded: the last five runs, and of each the last ten lines", () => {
    const log = [1, 2, 3, 4, 5, 6, 7].flatMap((run) => [
      line(run, "starting"),
      ...Array.from({ length: 12 }, (_, index) => line(run, `${index} ${"x".repeat(900)}`, out)),
      line(run, "job succeeded"),
    ]);
    const [state] = jobStates(log);
    expect(state?.runs.map(({ startedAt }) => startedAt)).toEqual([3, 4, 5, 6, 7].map(at));
    expect(state?.runs[0]?.output).toHaveLength(10);
    expect(state?.runs[0]?.output[0]).toHaveLength(500);
  });

  it("go on from what was known before, and end where their container ended", () => {
    const before = cutOff(jobStates([line(1, "starting"), line(2, "half done", out)]));
    const known = readStates(JSON.stringify(before));
    expect(jobStates([line(9, "starting")], known)[0]?.runs).toEqual([
      { startedAt: at(1), output: ["half done"], cutOff: true },
      { startedAt: at(9), output: [] },
    ]);
  });

  it.each([
    undefined,
    "",
    "{}",
    "[1]",
    '[{"job":"../x","runs":[]}]',
    '[{"job":"a"}]',
    "[null]",
  ])("were not known before by %s", (text) => {
    expect(readStates(text)).toEqual([]);
  });

  it("are taken on as far as they have their form: whoever is root in the container can write them", () => {
    const good = { startedAt: at(1), endedAt: at(2), exitCode: 3, output: ["x"] };
    const odd = {
      startedAt: "30 Nov 2026 03:15:03 GMT (\u001b]0;title\u0007)",
      endedAt: "never",
      exitCode: "\u001b[31m",
      cutOff: "yes",
      more: 1,
      output: ["y".repeat(900), 5],
    };
    const runs = [...Array(9).fill(good), null, {}, { startedAt: at(1) }, odd];
    expect(readStates(JSON.stringify([{ job: "a", runs, next: "\u001b" }]))).toEqual([
      { job: "a", runs: [good, { startedAt: at(3), output: ["y".repeat(500)] }] },
    ]);
    expect(readStates(JSON.stringify(Array(999).fill({ job: "a", runs: [] })))).toHaveLength(200);
  });

  it("have their output cleaned before it is cut off: what is left of a secret is none that is known", () => {
    const log = [line(1, "starting"), line(1, `${"x".repeat(495)}hunter2-hunter2`, out)];
    const clean = (text: string) => text.replaceAll("hunter2-hunter2", "[secret]");
    expect(jobStates(log, [], clean)[0]?.runs[0]?.output).toEqual([`${"x".repeat(495)}[secr`]);
  });

  it.each([
    '{"time":1}',
    "null",
    "[]",
    line(1, "starting", { time: "never" }),
    line(1, "starting", {}, "Not a name"),
    line(1, "job will run next at 2026-99-99 99:99:99 +0000 UTC", { level: "debug" }),
  ])("aren't made up by %s", (text) => {
    expect(
      jobStates([text]).flatMap(({ runs, next }) => [...runs, ...(next === undefined ? [] : [next])]),
    ).toEqual([]);
  });
});
