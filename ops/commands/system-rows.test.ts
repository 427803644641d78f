// Which tests show a row of a system, and how the list of them reads.
import { expect, it } from "vitest";
import { renderRows, systemFolders, systemRows } from "./system-rows.ts";

const systems = ["oracle", "blue-banded-bee"];

it("rows are the tests that are named after a system", () => {
  const results = [
    { title: "Oracle: banner, seen in a browser", status: "passed" },
    { title: "Blue Banded Bee: parity", status: "failed" },
    { title: "Oracle: whisper: reached from both", status: "skipped" },
    { title: "a note: no system", status: "passed" },
    { title: "oracle", status: "passed" },
  ];
  const rows = systemRows(results, systems);
  expect(rows.map(({ row }) => row)).toEqual([
    "banner, seen in a browser",
    "parity",
    "whisper: reached from both",
  ]);
  expect(renderRows(rows)).toBe(
    [
      "Blue Banded Bee: 0 of 1 rows shown",
      "  ✗ parity",
      "Oracle: 1 of 2 rows shown",
      "  ✓ banner, seen in a browser",
      "  - whisper: reached from both (skipped)",
    ].join("\n"),
  );
  expect(renderRows([])).toBe("");
});

it("systems are the folders in stacks/", () => {
  expect(systemFolders()).toContain("oracle");
});
