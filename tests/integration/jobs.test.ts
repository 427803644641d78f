// Jobs of a service at their times, on the real engine and Docker: one at a time, also over deploys, good ones and bad ones; paused
// during a migration; and what is told of them. A job of each second and more deploys take the place of days.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { recordSoak } from "../../bench/soak.ts";
import type { JobState } from "../../lib/jobs/log.ts";
import { listServices } from "../../ops/engine/services.ts";
import { exec } from "../../provider/docker/containers.ts";
import { referenceOf } from "../../setup/images/catalog.ts";
import { docker } from "../support/docker.ts";
import { killProgram } from "../support/processes.ts";
import { TestProgram } from "../support/program.ts";
import { eventually } from "../support/requests.ts";
import { containerOf } from "../support/snapshot.ts";

const soak = process.env.TANDEM_SOAK !== undefined;
const DEPLOYS = soak ? 20 : 2;
const KINDS = soak ? (["good", "bad", "killed", "back"] as const) : (["good", "bad"] as const);
const TOKEN = "tick-token-4711";

/** Leaves a mark for as long as it runs, and says so where there is one already. */
const TICK =
  "mkdir /data/mark || echo twice >> /data/twice; date +%s%N >> /data/runs; sleep 0.5; rmdir /data/mark; " +
  'echo "with $API_TOKEN"';
/** Words that a shell and a crontab must not take for their own. */
const FAIL = `echo "it's $API_TOKEN 100%"\nexit 3`;

/** Jobs of the first version only. */
const EARLY = `
  early: { schedule: "* * * * * *", command: ["true"] },
  leaves: { schedule: "*/2 * * * * *", command: ["sh", "-c", "trap '' TERM; sleep 600 & exit 5"] },
  stubborn: { schedule: "*/2 * * * * *", command: ["sh", "-c", "trap '' TERM; sleep 600 & sleep 600"], timeoutSeconds: 1 },
`;

const programOf = (version: string) => `
import { AppService, DataVolume, Environment, Job } from "tandem";
const env = new Environment("dev", { system: "$SYSTEM", environment: "dev", data: { protect: false } });
const image = ${JSON.stringify(referenceOf("node"))};
const limits = { cpus: 0.5, memoryMb: 128, pids: 64 };
const data = new DataVolume("data", { env, role: "data", image, owner: "1000:1000" });
const seed = new Job("seed", {
  env, image, limits, environment: { OK: ${JSON.stringify(version === "unseeded" ? "no" : "yes")} },
  command: ["sh", "-c", "echo planted $OK; test $OK = yes"],
});
new AppService("app", {
  env, image, limits,
  command: ["sh", "-c", ${JSON.stringify(version === "bad" ? "exit 3" : "sleep 600")}],
  environment: { VERSION: ${JSON.stringify(version)} },
  secrets: { API_TOKEN: ${JSON.stringify(TOKEN)} },
  volumes: [{ volume: data.volume, path: "/data" }],
  watch: { seconds: 0 },
  stopGraceSeconds: 3,
  health: { shell: "true", intervalSeconds: 1 },
  migration: { command: ["sh", "-c", "echo from $(date +%s%N); sleep 1; echo to $(date +%s%N)"] },
  jobs: {
    tick: { schedule: "* * * * * *", command: ["sh", "-c", ${JSON.stringify(TICK)}] },
    fails: { schedule: "*/2 * * * * *", command: ["sh", "-c", ${JSON.stringify(FAIL)}] },
    hangs: { schedule: "*/2 * * * * *", command: ["sh", "-c", "sleep 60 & sleep 60"], timeoutSeconds: 1 },
    nightly: { schedule: "15 3 * * *", command: ["true"] },
    ${version === "1" ? EARLY : ""}
  },
  dependsOn: seed.ready,
});
`;

let program: TestProgram;

beforeAll(async () => {
  program = await TestProgram.create(programOf("1"));
  const { exitCode, output } = await up();
  if (exitCode !== 0) throw new Error(output);
  expect(output).toMatch(/job \| planted yes/);
});
afterAll(() => program?.remove());

const up = () => program.pulumi("up", "--yes", "--skip-preview");

async function jobs(): Promise<Record<string, JobState>> {
  const services = await listServices(docker, program.system, "dev");
  return Object.fromEntries(services.flatMap(({ jobs = [] }) => jobs).map((state) => [state.job, state]));
}

/** Lines of a file that the jobs write. */
async function lines(file: string): Promise<string[]> {
  const { stdout } = await exec(docker, await containerOf(program.system, "dev", "app"), [
    "sh",
    "-c",
    `cat /data/${file} || true`,
  ]);
  return stdout.split("\n").filter((line) => line !== "");
}

it("run at their times, and the last runs are known with their ends, without secrets", async () => {
  const all = ["tick", "fails", "hangs", "stubborn", "leaves"];
  const states = await eventually(
    jobs,
    (known) => all.every((job) => known[job]?.runs.some(({ endedAt }) => endedAt)),
    30,
  );
  const ended = (job: string) => states[job]?.runs.find(({ endedAt }) => endedAt !== undefined);
  expect(ended("tick")).toMatchObject({ exitCode: 0, output: ["with [secret]"] });
  expect(ended("fails")).toMatchObject({ exitCode: 3, output: ["it's [secret] 100%"] });
  // Killed at its limit, with what it had started, also where that takes no SIGTERM.
  expect(ended("hangs")?.exitCode).not.toBe(0);
  expect(ended("stubborn")?.exitCode).toBe(137);
  expect(ended("leaves")?.exitCode).toBe(5);
  expect(states.nightly?.runs).toEqual([]);
  expect(states.nightly?.next).toMatch(/T03:15:00\.000Z$/);
});

it("stand in the status, a line each", async () => {
  const { exitCode, output } = await program.tandem("status");
  expect(exitCode, output).toBe(0);
  expect(output).toMatch(/fails +app-jobs +\S+Z +exit code 3 after \d+ s +\S+Z/);
  expect(output).toMatch(/nightly +app-jobs +not yet +\S+T03:15:00Z/);
  expect(output).not.toContain(TOKEN);
});

it("are run by hand as the service, whose scheduler takes no commands", async () => {
  const refused = await program.tandem("run", "dev", "app-jobs", "--", "true");
  expect([refused.exitCode, refused.output]).toEqual([2, expect.stringMatching(/run dev app -- <command>/)]);
});

it("show no change at the next preview", async () => {
  const { exitCode, output } = await program.pulumi("preview", "--refresh", "--expect-no-changes");
  expect(exitCode, output).toBe(0);
});

it("never run twice at a time over deploys, good and bad, and not while a migration runs", async () => {
  const ends: Record<string, number> = {};
  for (let deploy = 0; deploy < DEPLOYS; deploy++) {
    const kind = KINDS[deploy % KINDS.length] as (typeof KINDS)[number];
    ends[kind] = (ends[kind] ?? 0) + 1;
    program.write(programOf(kind === "bad" || kind === "back" ? kind : `good ${deploy}`));
    if (kind === "killed") await killedUp(deploy);
    else await wholeUp(kind);
    if (kind === "good") await expectEarlierRuns();
  }
  const twice = await lines("twice");
  if (soak)
    recordSoak("jobs over deploys", {
      what: `a job of each second through deploys: ${Object.entries(ends)
        .map(([kind, count]) => `${count} ${kind}`)
        .join(", ")}`,
      passed: twice.length === 0,
      findings: { runs: String((await lines("runs")).length), "at the same time": String(twice.length) },
    });
  expect(twice).toEqual([]);
});

/** An `up` that is killed at one moment or another; what it left is the next one's. */
async function killedUp(deploy: number): Promise<void> {
  const killed = up().catch(() => undefined);
  await sleep(1500 + ((deploy * 1700) % 9000));
  killProgram(program.folder);
  await killed;
  await program.pulumi("cancel", "--yes");
}

/** An `up` to its end, and jobs that run after its migration, and none in it. */
async function wholeUp(kind: string): Promise<void> {
  const { exitCode, output } = await up();
  expect(exitCode === 0, output).toBe(kind !== "bad");
  const [from = 0n, to = 0n] = ["from", "to"].map((word) =>
    BigInt(new RegExp(`migration \\| ${word} (\\d+)`).exec(output)?.[1] ?? 0),
  );
  expect(to, output).toBeGreaterThan(0n);
  const runs = await eventually(
    async () => (await lines("runs")).map(BigInt),
    (all) => (all.at(-1) ?? 0n) > to,
  );
  expect(runs.filter((at) => at > from && at < to)).toEqual([]);
}

/** A new scheduler knows the runs under the one before it, of the jobs that there still are. */
async function expectEarlierRuns(): Promise<void> {
  const scheduler = await docker.getContainer(await containerOf(program.system, "dev", "app-jobs")).inspect();
  const { early, tick, fails } = await jobs();
  expect(early).toBeUndefined();
  expect(tick?.runs.length).toBeGreaterThan(0);
  const first = Date.parse(fails?.runs[0]?.startedAt ?? "");
  expect(first).toBeLessThan(Date.parse(scheduler.State.StartedAt));
}

it("that must end well before others start hold those back", async () => {
  program.write(programOf("unseeded"));
  const { exitCode, output } = await up();
  expect(exitCode).not.toBe(0);
  expect(output).toMatch(/The job 'sh -c .*' ended with exit code 1 .*No container and no route/);
});
