// The Docker daemon is restarted in the middle: one more `up` and all is well, and live systems come back by themselves.
// The daemon is one of the test's own: this machine's is never touched.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { appReference, catalog } from "../../setup/images/catalog.ts";
import { addressOf, expectCleanRefresh, expectConverged, expectWhole } from "../support/converged.ts";
import { momentsIn, runAndStrike, seeded } from "../support/killer.ts";
import { SOAK } from "../support/long-form.ts";
import { OwnDocker } from "../support/own-docker.ts";
import { TestProject } from "../support/project.ts";
import { ask, eventually, type Target } from "../support/requests.ts";

const seed = Number(process.env.TANDEM_SEED ?? 20261121);
const random = seeded(seed);
/** Ends of the daemon: as from `systemctl restart docker`, and as when the kernel kills it for want of memory. */
const signals = ["SIGKILL", "SIGTERM"] as const;
/** Lines about operations in a first `up` and in the updates below. */
const LINES = { first: 105, update: 34 };

const obstacle = await OwnDocker.obstacle();
if (obstacle !== undefined)
  console.warn(`skipped, this machine can't have a second Docker daemon: ${obstacle}`);
let own: OwnDocker;

beforeAll(async () => {
  if (obstacle !== undefined) return;
  own = await OwnDocker.start([...catalog.map(({ reference }) => reference), appReference()]);
});

afterAll(() => own?.remove());

async function projectOnOwn(): Promise<TestProject> {
  const project = await TestProject.create({ staging: { dockerHost: own.host } });
  project.inside = own.inside;
  project.docker = own.client;
  project.gateway = { socket: await own.relay(Number(project.config("staging").hostPort)) };
  return project;
}

async function restart(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
  await own.kill(signal);
  await own.run();
}

function rounds(lines: number, all: number) {
  return momentsIn(lines, all, random).map((moment, round) => ({
    ...moment,
    round,
    signal: signals[round % 2] ?? "SIGKILL",
  }));
}

const struckUp = (
  project: TestProject,
  moment: { operations: number; delayMs: number; signal: (typeof signals)[number] },
) =>
  runAndStrike(...project.commandLine(["up", "staging"]), moment, {
    cwd: project.folder,
    env: { ...process.env, ...project.environment() },
    strike: () => restart(moment.signal),
  });

describe.runIf(SOAK && obstacle === undefined)(`restarted during a first up (seed ${seed})`, () => {
  it.each(
    rounds(LINES.first, 20),
  )("$signal at operation $operations + $delayMs ms converges", async (moment) => {
    const project = await projectOnOwn();
    try {
      const run = await struckUp(project, moment);
      expect(run.struck, run.output).toBe(true);
      await expectConverged(project);
      await expectCleanRefresh(project);
    } finally {
      await project.remove();
    }
  });
});

describe.skipIf(obstacle !== undefined)(`restarted under a live system (seed ${seed})`, () => {
  let project: TestProject;
  let address: [Target, string];
  let rows: string;

  beforeAll(async () => {
    project = await projectOnOwn();
    address = addressOf(project);
    const up = await project.tandem(["up", "staging"]);
    if (up.exitCode !== 0) throw new Error(up.output);
    for (const text of ["one", "two", "three"]) await ask(...address, "/api/notes", { text });
    rows = (await ask(...address, "/api/notes")).text;
  });

  afterAll(() => project?.remove());

  it.each(
    SOAK ? signals : (["SIGKILL"] as const),
  )("idle, %s: it comes back by itself, and nothing is to do", async (signal) => {
    await restart(signal);
    await eventually(
      () => ask(...address, "/ready").catch(() => undefined),
      (answer) => answer?.status === 200,
      60,
    );
    expect((await ask(...address, "/api/notes")).text).toBe(rows);
    await expectWhole(project);
    await expectCleanRefresh(project);
  });

  it.each(
    SOAK ? rounds(LINES.update, 20) : rounds(LINES.update, 3).slice(2),
  )("during an update, $signal at operation $operations + $delayMs ms converges and keeps every row", async ({
    round,
    ...moment
  }) => {
    const odd = round % 2 === 1;
    project.configure("staging", {
      banner: `round ${round}`,
      replicas: odd ? 2 : 1,
      limits: {
        app: { cpus: 1, memory: odd ? "576m" : "544m", pids: 200 },
        postgres: { cpus: 1, memory: odd ? "448m" : "384m", pids: 200 },
      },
    });
    const run = await struckUp(project, moment);
    expect(run.struck || run.exitCode === 0, run.output).toBe(true);
    await sleep(500);
    await expectConverged(project);
    expect((await ask(...address, "/api/notes")).text).toBe(rows);
    expect((await ask(...address, "/")).text).toContain(`round ${round}`);
  });

  it("in the end, the world is as the state says", () => expectCleanRefresh(project));
});
