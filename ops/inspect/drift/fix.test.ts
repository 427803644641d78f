// Unit tests of what counts as a change of the program, which `drift --fix` leaves to an `up`.
import { expect, it } from "vitest";
import { types } from "../../../lib/resource-types.ts";
import type { Step } from "../plan/events.ts";
import { ownChanges } from "./fix.ts";

const step = (type: string, name: string, op: string, before?: object, after?: object): Step => ({
  ...{ op, type, urn: `urn:pulumi:staging::shop::${type}::${name}`, keys: [], diffs: [], detailedDiff: {} },
  ...(before === undefined ? {} : { old: { inputs: { ...before } } }),
  ...(after === undefined ? {} : { new: { inputs: { ...after } } }),
});
const own = (...steps: Step[]) => ownChanges(steps, new Set());

it("what looks at the host is none while its arguments stay", () => {
  const starts = { starts: [{ containerId: "a" }] };
  expect(own(step(types.takeOver, "app-take-over", "update", starts, starts))).toEqual([]);
  expect(own(step(types.start, "app-start", "update", { pids: 1 }, { pids: 1 }))).toEqual([]);
  expect(own(step(types.image, "app-image", "update", { reference: "a" }, { reference: "b" }))).toEqual([]);
});

it("a release that failed is one, and so is a container that never started: a fix would try it again", () => {
  const [before, after] = [{ starts: [{ containerId: "a" }] }, { starts: [{ containerId: "b" }] }];
  expect(own(step(types.takeOver, "app-take-over", "update", before, after))).toEqual(["app-take-over"]);
  expect(own(step(types.takeOver, "app-take-over", "create", undefined, after))).toEqual(["app-take-over"]);
  expect(own(step(types.start, "app-start", "create", undefined, {}))).toEqual(["app-start"]);
});
