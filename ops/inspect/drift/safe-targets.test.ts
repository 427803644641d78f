// Unit tests of what is fixed while something else is not safe to touch.
import { expect, it } from "vitest";
import { types } from "../../../lib/resource-types.ts";
import { placeOf } from "../../engine/place.ts";
import type { StateResource } from "../../engine/state/backend.ts";
import type { Step } from "../plan/events.ts";
import { safeTargets } from "./safe-targets.ts";

const resource = (urn: string, type: string, dependencies: string[] = []): StateResource => ({
  ...{ urn, type, id: urn, dependencies },
});
const place = placeOf("shop", "staging", {
  resources: [
    resource("data", types.volume),
    resource("redis", types.container, ["data"]),
    resource("redis-start", types.start, ["redis"]),
    resource("app", types.container, ["redis-start"]),
    resource("app-start", types.start, ["app"]),
    resource("gateway", types.container),
    resource("route", types.route, ["gateway", "app-start"]),
    resource("worker", types.container),
    { ...resource("worker-start", types.start, ["worker"]), inputs: { held: true } },
    { ...resource("web-start", types.start, ["redis-start"]), inputs: { held: true } },
    resource("take-over", types.takeOver, ["worker-start", "web-start", "gateway-start"]),
    resource("gateway-start", types.start),
  ],
});
const step = (urn: string, op = "delete", outputs = {}): Step => ({
  ...{ urn, op, type: place.all.find((one) => one.urn === urn)?.type ?? "", keys: [], diffs: [] },
  ...{ detailedDiff: {}, old: { outputs: {} }, new: { outputs } },
});
const fixed = (steps: Step[], volume?: string) => {
  const findings =
    volume === undefined ? [] : [{ subject: "x", text: "x", gravity: "data" as const, volume }];
  const { urns, restricted } = safeTargets(steps, findings, place);
  return [...urns, ...(restricted ? ["and nothing else"] : [])];
};

it("everything is, with what depends on it, where all of it is safe", () => {
  expect(fixed([step("gateway")])).toEqual(["gateway", "route"]);
});

it("what hangs on data that is gone is left alone", () => {
  expect(fixed([step("data"), step("redis"), step("redis-start"), step("gateway")])).toEqual([
    ...["gateway", "and nothing else"],
  ]);
});

it("nothing is started on a volume that somebody else writes to; what runs there may be changed", () => {
  expect(fixed([step("redis"), step("gateway")], "data")).toEqual(["gateway", "and nothing else"]);
  const limited = step("redis-start", "update", { running: true, pids: 9 });
  expect(fixed([limited], "data")).toContain("redis-start");
});

it("of a release all or nothing is started: a part that seems fixed by itself wouldn't run", () => {
  const stopped = (urn: string) => step(urn, "update", { running: false });
  expect(fixed([stopped("worker-start")])).toEqual(["worker-start", "take-over"]);
  const others = ["gateway-start", "and nothing else"];
  expect(fixed([step("data"), stopped("worker-start"), stopped("gateway-start")])).toEqual(others);
  expect(fixed([step("data"), step("worker"), step("worker-start"), step("gateway-start")])).toEqual(others);
});
