// Who reads a document by its old names goes on for a version.
import { expect, it } from "vitest";
import { renderJson } from "./json.ts";

it("a member with a new name stands under its old one too, at any depth", () => {
  const drift = {
    subject: "container a",
    gravity: "person",
    fix: ["docker unpause a"],
    none: null,
    rules: [{ fix: "x" }],
  };
  expect(JSON.parse(renderJson({ reports: [drift] }))).toEqual({
    reports: [{ ...drift, mend: drift.fix, mending: "person", rules: [{ fix: "x", mend: "x" }] }],
  });
});
