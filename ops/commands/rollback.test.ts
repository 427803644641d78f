// Options of `tandem rollback` that don't go together.
import { expect, it } from "vitest";
import { rejectMixed } from "./rollback.ts";

it.each([
  [{ point: "p" }, "add --service"],
  [{ service: "db", to: 3 }, "leave out --to and --database, or run it twice"],
  [{ service: "db", database: true as const }, "leave out --to and --database, or run it twice"],
])("refuses %o", (options, fix) => {
  expect(() => rejectMixed(options)).toThrow(expect.objectContaining({ fix, exitCode: 2 }));
});

it.each([[{}], [{ service: "db", point: "p" }], [{ to: 3, database: "p" }]])("takes %o", (options) => {
  expect(() => rejectMixed(options)).not.toThrow();
});
