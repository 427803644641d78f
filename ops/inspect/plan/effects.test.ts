// Unit tests of what a plan is said to do: whose secrets it changes, and where nothing serves in between.
import { expect, it } from "vitest";
import { types } from "../../../lib/resource-types.ts";
import { effectsOf } from "./effects.ts";
import type { Step } from "./events.ts";

const SECRET = "[secret]";
const step = (type: string, name: string, inputs: object, changed: string): Step => ({
  ...{ op: "update", type, urn: `urn:pulumi:staging::shop::${type}::${name}`, keys: [], diffs: [changed] },
  ...{ detailedDiff: { [changed]: { diffKind: "update" } } },
  ...{ old: { inputs: { ...inputs } }, new: { inputs: { ...inputs } } },
});
const container = step(
  types.container,
  "shop_staging_app-1",
  { labels: [{ label: "tandem.component", value: "app" }], envs: SECRET },
  "envs",
);
const migration = (more: object) =>
  step(
    types.migration,
    "app-migration",
    { labels: { "tandem.component": "app" }, environment: { TOKEN: SECRET }, ...more },
    'environment["TOKEN"]',
  );
const secrets = (more: object) =>
  effectsOf({ steps: [container, migration(more)], outcomes: [], hidden: [] }).secrets;

it("a service's migration tells of them for its containers", () => {
  expect(secrets({})).toEqual(["app: TOKEN"]);
});

it("a release's migration, and a job, of the service's name leave the containers to tell of theirs", () => {
  expect(secrets({ services: ["app"] })).toEqual(["app: TOKEN", "shop_staging_app-1: envs"]);
  expect(secrets({ noun: "job" })).toContain("shop_staging_app-1: envs");
});

it("what is replaced stop-first restarts: nothing of it serves in between", () => {
  const replaced = (name: string, component: string): Step => ({
    ...step(types.container, name, { labels: [{ label: "tandem.component", value: component }] }, "image"),
    op: "create-replacement",
  });
  const start = { ...step(types.start, "shop_staging_db-1-start", { stopFirst: true }, "containerId") };
  const release = step(
    types.takeOver,
    "shop-take-over",
    { starts: [{ service: "scheduler", stopFirst: true }, { service: "web" }] },
    "starts",
  );
  const containers = [
    replaced("shop_staging_db-1", "db"),
    replaced("shop_staging_scheduler-1", "scheduler"),
    replaced("shop_staging_web-1", "web"),
  ];
  const { restarts, replaces } = effectsOf({
    steps: [...containers, start, release],
    outcomes: [],
    hidden: [],
  });
  expect({ restarts, replaces }).toEqual({ restarts: ["db", "scheduler"], replaces: ["web"] });
});
