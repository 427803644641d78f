// The limits of the benchmark, and its last results against them.
import { expect, it } from "vitest";
import { beyondLimits, CASES } from "./limits.ts";
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

it("the last results are within the limits", () => {
  expect(beyondLimits(readResult("preview"))).toEqual([]);
});
