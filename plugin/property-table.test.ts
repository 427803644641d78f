// Tests of checks and diffs by table.
import { describe, expect, it } from "vitest";
import {
  checkTable,
  diffTable,
  inputsFromOutputs,
  type PropertyTable,
  previewTable,
  withDefaults,
} from "./property-table.ts";
import { UNKNOWN } from "./values.ts";

const table: PropertyTable = {
  name: { type: "string", required: true, replace: true },
  limit: {
    type: "integer",
    default: -1,
    validate: (v) => (Number(v) < -1 ? "must be at least -1" : undefined),
  },
  on: { type: "boolean" },
  owner: { type: "string", computed: true },
  tags: { type: "strings", unordered: true },
  rules: { type: "objects", fields: { role: { type: "string", required: true } } },
  made: { type: "string", output: true },
};

describe("checkTable", () => {
  it("accepts what is right and adds nothing", () => {
    const news = { name: "a", limit: 3, on: true, tags: ["x"], rules: [{ role: "r" }] };
    expect(checkTable(table, news)).toEqual({ inputs: news, failures: [] });
  });

  it("finds every problem at once", () => {
    const { failures } = checkTable(table, { limit: -2, on: "yes", tags: [1], made: "x", nmae: "a" });
    expect(failures.map(({ property }) => property).sort()).toEqual([
      "limit",
      "made",
      "name",
      "nmae",
      "on",
      "tags",
    ]);
    expect(failures.find(({ property }) => property === "nmae")?.reason).toContain("known ones: name, limit");
  });

  it("checks the items of a list of objects", () => {
    const { failures } = checkTable(table, { name: "a", rules: [{ role: "r" }, { rle: "x" }] });
    expect(failures.map(({ property }) => property)).toEqual(["rules[1].rle", "rules[1].role"]);
  });

  it("takes unknowns for right, and drops bookkeeping and nulls", () => {
    const news = { name: UNKNOWN, tags: [UNKNOWN], __defaults: [], on: null } as const;
    expect(checkTable(table, { ...news, tags: [UNKNOWN], __defaults: [] })).toEqual({
      inputs: { name: UNKNOWN, tags: [UNKNOWN] },
      failures: [],
    });
  });

  it("refuses numbers that are not whole", () => {
    expect(checkTable(table, { name: "a", limit: 1.5 }).failures).toHaveLength(1);
  });
});

describe("diffTable", () => {
  it("sees no difference between absent, empty and default", () => {
    const olds = {
      name: "a",
      limit: -1,
      on: false,
      tags: [],
      owner: "root",
      rules: [],
      made: "x",
      __meta: "{}",
    };
    expect(diffTable(table, olds, { name: "a" }).changes).toEqual({});
    expect(diffTable(table, { name: "a" }, { name: "a", limit: -1, on: false }).changes).toEqual({});
  });

  it("names additions, deletions, updates and replacements", () => {
    const olds = { name: "a", limit: 5, on: true, tags: ["x", "y"] };
    expect(diffTable(table, olds, { name: "b", tags: ["y", "x"], owner: "me" }).changes).toEqual({
      name: "update-replace",
      limit: "delete",
      on: "delete",
      owner: "add",
    });
  });

  it("takes an unknown for a change", () => {
    expect(diffTable(table, { name: "a" }, { name: UNKNOWN }).changes).toEqual({ name: "update-replace" });
  });
});

describe("previewTable", () => {
  it("keeps what is known and marks what isn't", () => {
    expect(previewTable(table, { name: "a" })).toEqual({
      name: "a",
      limit: -1,
      owner: UNKNOWN,
      made: UNKNOWN,
    });
    expect(previewTable(table, { name: "a" }, { name: "a", on: true, owner: "o", made: "m" })).toEqual({
      name: "a",
      limit: -1,
      owner: "o",
      made: "m",
    });
  });
});

describe("inputsFromOutputs", () => {
  it("gives the inputs that differ from the defaults", () => {
    const outputs = { name: "a", limit: -1, on: false, owner: "o", tags: ["x"], made: "m" };
    expect(inputsFromOutputs(table, outputs)).toEqual({ name: "a", owner: "o", tags: ["x"] });
    expect(withDefaults(table, { name: "a" })).toEqual({ name: "a", limit: -1 });
  });
});
