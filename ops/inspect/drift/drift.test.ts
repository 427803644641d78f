// Unit tests of drift: how findings become drifts, since when they are there, and what the engine's refresh says.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { types } from "../../../lib/resource-types.ts";
import { resolvePaths } from "../../../setup/paths.ts";
import { placeOf } from "../../engine/place.ts";
import type { Step } from "../plan/events.ts";
import { engineFindings } from "./engine-view.ts";
import { driftsOf } from "./finding.ts";
import { addRun, readHistory, writeHistory } from "./history.ts";

describe("several findings about the same thing", () => {
  it("are one drift, the gravest decides, and data comes first", () => {
    const drifts = driftsOf(
      [
        { subject: "container a", text: "is paused", gravity: "person", fix: "docker unpause a" },
        { subject: "container a", text: "changed: memory", gravity: "safe" },
        { subject: "volume b", text: "is gone", gravity: "data" },
      ],
      () => "2026-01-01T00:00:00.000Z",
    );
    expect(drifts.map(({ subject, gravity, details }) => [subject, gravity, details.length])).toEqual([
      ["volume b", "data", 1],
      ["container a", "person", 2],
    ]);
  });
});

describe("the history of runs", () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "tandem-drift-"));
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  it("keeps since when a drift is there, and forgets one that is gone", () => {
    const paths = resolvePaths({ TANDEM_HOME: home });
    const run = (at: string, ...subjects: string[]) => {
      const history = addRun(readHistory(paths, "shop", "staging"), { at, seconds: 1, subjects });
      writeHistory(paths, "shop", "staging", history);
      return history.firstSeen;
    };
    expect(run("1", "a")).toEqual({ a: "1" });
    expect(run("2", "a", "b")).toEqual({ a: "1", b: "2" });
    expect(run("3", "b")).toEqual({ b: "2" });
    expect(run("4", "a")).toEqual({ a: "4" });
    expect(readHistory(paths, "shop", "staging").runs).toHaveLength(4);
    writeFileSync(join(home, "history/shop/staging/drift.json"), "{");
    expect(() => readHistory(paths, "shop", "staging")).toThrow(/drift\.json can't be read/);
  });
});

describe("the engine's refresh", () => {
  const step = (op: string, type: string, outputs: object, fresh: object = outputs): Step => ({
    op,
    type,
    urn: `urn:pulumi:staging::shop::${type}::thing`,
    old: { outputs: outputs as Record<string, unknown> },
    new: { outputs: fresh as Record<string, unknown> },
    ...{ keys: [], diffs: [], detailedDiff: {} },
  });
  it("names things as people do, and sorts what holds data apart", () => {
    const volume = types.volume;
    const start = types.start;
    const findings = engineFindings({
      outcomes: [
        step("delete", volume, { name: "shop_data" }),
        step(
          "update",
          start,
          { containerName: "shop_app", running: true },
          { containerName: "shop_app", running: false },
        ),
        step("refresh", start, { containerName: "shop_app", running: true }),
      ],
    });
    expect(findings).toMatchObject([
      { subject: "volume shop_data", text: "is gone", gravity: "data" },
      { subject: "container shop_app", text: "changed: running", gravity: "safe" },
    ]);
  });
});

describe("what is gone from a shared server", () => {
  const gone = (type: string, outputs: Record<string, unknown>): Step => ({
    ...{ op: "delete", type, urn: `urn:pulumi:staging::shop::${type}::thing`, old: { outputs } },
    ...{ keys: [], diffs: [], detailedDiff: {} },
  });
  it("is data's, a person's, or safe, as what it was to the environment", () => {
    const findings = engineFindings({
      outcomes: [
        gone(types.sharedExtension, { extension: "vector", database: "shop" }),
        gone(types.tenant, { role: "shop_admin" }),
        gone(types.redisUser, { user: "staging" }),
        gone(types.rule, { hostname: "shop.example.com" }),
      ],
    });
    expect(findings.map(({ subject, gravity }) => [subject, gravity])).toEqual([
      ["extension vector", "data"],
      ["login shop_admin", "person"],
      ["Redis user staging", "safe"],
      ["tunnel rule shop.example.com", "safe"],
    ]);
  });
});

describe("an environment's names", () => {
  it("begin as its network's does, where a system has a way of its own", () => {
    const network = {
      urn: "u",
      type: types.network,
      outputs: { name: "aiia_prod_network" },
    };
    expect(placeOf("eduaiia", "production", { resources: [network] }).prefixes).toEqual([
      "eduaiia_production_",
      "aiia_prod_",
    ]);
  });
});
