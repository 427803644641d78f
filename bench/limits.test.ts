// The limits of the benchmark, and its last results against them.
import { expect, it } from "vitest";
import { beyondLimits, CASES, DEPLOY_CASES, DRIFT_CASES, slowDeploys, slowLooks } from "./limits.ts";
import { figure, readResult } from "./results.ts";

function measured(oracle: number, template: number) {
  return {
    figures: [
      figure(CASES.precompiled, [1]),
      figure(CASES.template, [template]),
      figure(CASES.oracle, [oracle]),
    ],
  };
}

it("a preview that is too slow is named with its ratio", () => {
  expect(beyondLimits(measured(1.5, 2))).toEqual([]);
  expect(beyondLimits(measured(1.51, 2))).toEqual([
    "The Oracle takes 1.51 times an empty program: at most 1.5",
  ]);
  expect(beyondLimits(measured(1.4, 1.4))).toHaveLength(1);
});

it("a deploy that takes too long beyond the app's own start is named with its seconds", () => {
  const deploy = (tandem: number) => ({
    figures: [figure(DEPLOY_CASES.start, [1]), figure(DEPLOY_CASES.tandem, [tandem])],
  });
  expect(slowDeploys(deploy(7))).toEqual([]);
  expect(slowDeploys(deploy(7.1))).toEqual(["A deploy takes 6.1 s more than the app's own start: at most 6"]);
});

it("a look for drift that is too slow is named with its ratio", () => {
  const looks = (drift: number) => ({
    figures: [figure(DRIFT_CASES.refresh, [2]), figure(DRIFT_CASES.drift, [drift])],
  });
  expect(slowLooks(looks(4))).toEqual([]);
  expect(slowLooks(looks(4.2))).toEqual(["A look for drift takes 2.10 times a refresh: at most 2"]);
});

it("the last results are within the limits", () => {
  expect(beyondLimits(readResult("preview"))).toEqual([]);
  expect(slowDeploys(readResult("deploy"))).toEqual([]);
  expect(slowLooks(readResult("drift"))).toEqual([]);
});
