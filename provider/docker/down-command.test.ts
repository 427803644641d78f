// The command names the system that is meant, and nothing that a label makes a shell do.
import { expect, it } from "vitest";
import { downCommand } from "./down-command.ts";

it("names the system: `down production` alone is the production of another one", () => {
  expect(downCommand("lugh", "production")).toMatch(/tandem down --system lugh production$/);
});

it.each([
  ["lugh", "x;touch ran"],
  ["$(touch ran)", "staging"],
  ["lugh", "--delete-data"],
  ["lugh", undefined],
  [undefined, "staging"],
])("is none for %s and %s", (system, environment) => {
  expect(downCommand(system, environment)).toBeUndefined();
});
