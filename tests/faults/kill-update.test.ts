// kill -9 of everything that an update has running, at moments all over it: one more `up` and all is well, every row kept.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addressOf, expectCleanRefresh, expectConverged } from "../support/converged.ts";
import { killedUp, moments, seed } from "../support/killed-up.ts";
import { TestProject } from "../support/project.ts";
import { ask, type Target } from "../support/requests.ts";

/** Lines about operations in the updates below. */
const LINES = 34;

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
    moments(LINES, 1).map((moment, round) => ({ ...moment, round })),
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
