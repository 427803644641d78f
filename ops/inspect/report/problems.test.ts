// What wants attention: found, sorted by how grave it is, each with what fixes it, and summed up in a sentence.
import { describe, expect, it } from "vitest";
import type { EnvironmentReport, Limits } from "./model.ts";
import { known, unavailable } from "./source.ts";
import { alike, environment, reportOn, service } from "./testing.ts";

const away = unavailable("Docker does not answer", "./tandem setup --check");
const told = (parts: Partial<EnvironmentReport>) =>
  reportOn(parts).problems.map(({ level, environment: who, text, fix }) => [level, who, text, fix]);

/** A run of a job that ended so. */
const run = (exitCode: number) => ({
  ...{ startedAt: "2026-11-21T10:00:00.000Z", endedAt: "2026-11-21T10:00:02.000Z", exitCode, output: [] },
});

describe("a pair that is well", () => {
  it("says so, and has no problem", () => {
    const { problems, sentence, verdict } = reportOn();
    expect(problems).toEqual([]);
    expect(verdict).toBe("good");
    expect(sentence).toBe(
      "Staging and production are well: both are up, healthy, and the same but for 0 things that may differ.",
    );
  });

  it("stays well with what is only good to know", () => {
    const report = reportOn({ plan: known({ changes: 1, risks: [] }) });
    expect(report.verdict).toBe("good");
    expect(report.problems).toEqual([
      {
        ...{ level: "note", environment: "staging", text: "1 change waits to be deployed" },
        fix: "./tandem preview staging --diff",
      },
    ]);
  });
});

describe("a problem", () => {
  it.each<[string, Partial<EnvironmentReport>, unknown[][]]>([
    [
      "job that failed",
      {
        containers: known({
          services: [
            service("staging", "app-jobs", "app-jobs", {
              jobs: [
                { job: "tidy", runs: [run(3)], next: "2026-11-22T10:00:00.000Z" },
                { job: "well", runs: [run(3), run(0)] },
                { job: "new", runs: [] },
              ],
            }),
          ],
          missing: [],
        }),
      },
      [["warn", "staging", "the job tidy failed: exit code 3 after 2 s", "./tandem logs staging app-jobs"]],
    ],
    [
      "unhealthy container",
      {
        containers: known({
          services: [service("staging", "redis", "redis", { health: "unhealthy" })],
          missing: [],
        }),
      },
      [["bad", "staging", "redis is unhealthy: shop_staging_redis", "./tandem logs staging redis"]],
    ],
    [
      "stopped container",
      {
        containers: known({
          services: [service("staging", "redis", "redis", { state: "exited" })],
          missing: [],
        }),
      },
      [["bad", "staging", "redis doesn't run, it is exited: shop_staging_redis", "./tandem up staging"]],
    ],
    [
      "removed container",
      {
        containers: known({
          services: [service("staging", "app", "app-1")],
          missing: ["shop_staging_redis"],
        }),
      },
      [["bad", "staging", "a container is gone: shop_staging_redis", "./tandem drift staging --fix"]],
    ],
    [
      "host that doesn't answer",
      { containers: away, condition: "unknown" },
      [["bad", "staging", "its containers can't be seen: Docker does not answer", "./tandem setup --check"]],
    ],
    [
      "environment that is down",
      { condition: "down", plan: known({ changes: 9, risks: [] }) },
      [["warn", "staging", "it is down: none of its containers runs", "./tandem up staging"]],
    ],
    [
      "environment that never was",
      { condition: "never" },
      [["warn", "staging", "it was never brought up", "./tandem up staging"]],
    ],
    [
      "failed preview",
      { plan: unavailable("no such image", "./tandem preview staging") },
      [["bad", "staging", "its preview says nothing: no such image", "./tandem preview staging"]],
    ],
    [
      "failed deploy",
      {
        deploys: known([
          {
            ...{ number: 7, kind: "update", startedAt: "", result: "failed", message: "" },
            ...{ changes: {}, names: {}, migrations: [] },
          },
        ]),
      },
      [["bad", "staging", "its last deploy failed: version 7", "./tandem up staging"]],
    ],
    [
      "drift",
      { drift: known({ lookedAt: "2026-11-21T10:00:00Z", drifts: [{ subject: "container a", since: "" }] }) },
      [["warn", "staging", "1 thing was changed by hand: container a", "./tandem drift staging"]],
    ],
    [
      "drift nobody looked for",
      { drift: known({ drifts: [] }) },
      [["note", "staging", "nobody has looked for drift yet", "./tandem drift staging"]],
    ],
    [
      "look before the last deploy",
      { drift: known({ lookedAt: "2026-11-19T10:00:00Z", drifts: [] }) },
      [["note", "staging", "nobody has looked for drift since the last deploy", "./tandem drift staging"]],
    ],
    [
      "broken policies",
      {
        policies: known({
          mandatory: 1,
          advisory: 1,
          disabled: [],
          violations: [
            { policy: "digest", mandatory: false, text: "a has none", fix: "add it" },
            { policy: "digest", mandatory: false, text: "b has none", fix: "add it" },
            { policy: "pids", mandatory: true, text: "c has no limit", fix: "set pids" },
          ],
        }),
      },
      [
        ["bad", "staging", "it breaks the policy pids: c has no limit", "set pids"],
        ["note", "staging", "it breaks the advice digest: a has none, and 1 more", "add it"],
      ],
    ],
    [
      "restore points that can't be asked",
      { restorePoints: away },
      [
        [
          "warn",
          "staging",
          "its restore points can't be listed: Docker does not answer",
          "./tandem setup --check",
        ],
      ],
    ],
  ])("%s", (_, parts, expected) => {
    expect(told(parts)).toEqual(expected);
  });

  it("a budget or host that is too small", () => {
    const { limits } = environment("staging") as { limits: { value: Limits } };
    const tight = known({
      ...limits.value,
      budget: { cpus: 1 },
      host: { ...limits.value.host, memoryMb: 1024 },
    });
    const texts = reportOn({ limits: tight }, { limits: tight }).problems.map(
      ({ level, text }) => `${level} ${text}`,
    );
    expect(texts).toEqual([
      "warn its limits add up to 1.5 CPUs, its share is 1",
      "warn its limits add up to 1.5 CPUs, its share is 1",
      "note the limits of both add up to 1536 MiB of memory, their host has 1024: one can slow the other",
    ]);
  });

  it("a production without restore points, and not a staging", () => {
    const none = { restorePoints: known({ kept: 0, points: [] }) };
    expect(reportOn(none, none).problems.map(({ environment: who, level }) => [who, level])).toEqual([
      ["production", "note"],
    ]);
  });

  it("what differs and must not leads the sentence where nothing is broken, and follows what is", () => {
    const parity = known({
      ...(alike as { value: { stacks: [string, string]; same: number; stale: string[] } }).value,
      differences: [{ kind: "limit" as const, path: "a", values: ["1", "2"] as [string, string] }],
    });
    expect(reportOn({}, {}, parity).sentence).toBe(
      "The pair wants attention: 1 thing differs that must not.",
    );
    expect(reportOn({ condition: "never" }, { containers: away }, parity).sentence).toBe(
      "Something is broken in production: its containers can't be seen: Docker does not answer, and 2 more things want attention.",
    );
  });
});
