// kill -9 of everything that a first `up` has running, at moments all over it: one more `up` and all is well.
import { afterEach, describe, expect, it } from "vitest";
import { expectConverged } from "../support/converged.ts";
import { killedUp, moments, seed } from "../support/killed-up.ts";
import { TestProject } from "../support/project.ts";

/** Lines about operations in a first `up`. */
const LINES = 105;

describe(`a first up, killed (seed ${seed})`, () => {
  let project: TestProject;
  afterEach(() => project.remove());

  it.each(moments(LINES, 1))("at operation $operations + $delayMs ms converges", async (moment) => {
    project = await TestProject.create();
    const run = await killedUp(project, moment);
    expect(run.struck, `it had ended with ${run.exitCode} before the moment came`).toBe(true);
    await expectConverged(project);
  });
});
