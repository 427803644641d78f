// Unit tests of whose secrets a plan is said to change: a container's are secret as a whole, its migration names them.
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
