// kill -9 of everything that an `up` has running, at moments all over it: one more `up` and all is well.
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { addressOf, expectCleanRefresh, expectConverged } from "../support/converged.ts";
import { type Moment, momentsIn, runAndStrike, seeded } from "../support/killer.ts";
import { TestProject } from "../support/project.ts";
import { ask, type Target } from "../support/requests.ts";

const ROUNDS = process.env.TANDEM_SOAK === undefined ? 10 : 50;
/** Lines about operations in a first `up` and in the updates below, so that the moments lie all over them. */
const LINES = { first: 105, update: 34 };
const seed = Number(process.env.TANDEM_SEED ?? 20261121);
const random = seeded(seed);

/** Brings staging up, and kills it. */
const killedUp = (project: TestProject, moment: Moment) =>
  runAndStrike(...project.commandLine(["up", "staging"]), moment, {
    cwd: project.folder,
    env: { ...process.env, ...project.environment() },
  });

describe(`a first up, killed (seed ${seed})`, () => {
  let project: TestProject;
  afterEach(() => project.remove());

  it.each(
    momentsIn(LINES.first, ROUNDS, random),
  )("at operation $operations + $delayMs ms converges", async (moment) => {
    project = await TestProject.create();
    const run = await killedUp(project, moment);
    expect(run.struck, `it had ended with ${run.exitCode} before the moment came`).toBe(true);
    await expectConverged(project);
  });
});

describe(`an update, killed (seed ${seed})`, () => {
  let project: TestProject;
  let rows: string;
  let address: [Target, string];

  beforeAll(async () => {
    project = await TestProject.create();
    const up = await project.tandem(["up", "staging", "--yes"]);
    if (up.exitCode !== 0) throw new Error(up.output);
    address = addressOf(project);
    for (const text of ["one", "two", "three"]) await ask(...address, "/api/notes", { text });
    rows = (await ask(...address, "/api/notes")).text;
  });

  afterAll(() => project.remove());

  it.each(
    momentsIn(LINES.update, ROUNDS, random).map((moment, round) => ({ ...moment, round })),
  )("at operation $operations + $delayMs ms converges and keeps every row", async ({ round, ...moment }) => {
    const odd = round % 2 === 1;
    const app = { cpus: 1, memory: odd ? "576m" : "544m", pids: 200 };
    const postgres = { cpus: 1, memory: odd ? "448m" : "384m", pids: 200 };
    project.configure("staging", {
      banner: `round ${round}`,
      noindex: odd,
      replicas: odd ? 2 : 1,
      limits: { app, postgres },
    });
    const run = await killedUp(project, moment);
    expect(run.struck || run.exitCode === 0, run.output).toBe(true);
    await expectConverged(project);
    expect((await ask(...address, "/api/notes")).text).toBe(rows);
    expect((await ask(...address, "/")).text).toContain(`round ${round}`);
  });

  it("in the end, the world is as the state says", () => expectCleanRefresh(project));
});
