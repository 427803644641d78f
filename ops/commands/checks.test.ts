// Counting what test runners report.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../setup/paths.ts";
import { alone, seconds } from "../../tests/order.ts";
import { renderTable } from "../engine/table.ts";
import { sum, tallyOf } from "./checks.ts";
import { splitLines } from "./logs.ts";

const report = {
  numPassedTests: 3,
  numFailedTests: 0,
  numPendingTests: 1,
  numTodoTests: 0,
  success: true,
  testResults: [
    { name: "a.test.ts", status: "passed", assertionResults: [{ title: "a", status: "passed" }] },
  ],
};

describe("tallies", () => {
  it("count tests", () => expect(tallyOf(report)).toMatchObject({ passed: 3, failed: 0, skipped: 1 }));

  it("count a file that could not be loaded as a failure", () => {
    const testResults = [
      ...report.testResults,
      { name: "b.test.ts", status: "failed", assertionResults: [] },
    ];
    expect(tallyOf({ ...report, success: false, testResults }).failed).toBe(1);
  });

  it("count a run that failed without a failed test as a failure", () => {
    expect(tallyOf({ ...report, success: false }).failed).toBe(1);
  });

  it("add up", () => {
    const one = { passed: 1, failed: 2, skipped: 3 };
    expect(sum([one, one])).toEqual({ passed: 2, failed: 4, skipped: 6, rows: [], failures: [] });
    expect(sum([])).toEqual({ passed: 0, failed: 0, skipped: 0, rows: [], failures: [] });
  });
});

it("log lines come whole, however they are cut, and the last one without its end", async () => {
  const stream = new PassThrough();
  const lines: string[] = [];
  const done = splitLines(stream, (line) => lines.push(line));
  for (const piece of ["fir", "st\r\nsec", "ond\n", "thi", "rd"]) stream.write(piece);
  stream.end();
  await done;
  expect(lines).toEqual(["first", "second", "third"]);
});

it("tables have columns and no frames", () => {
  // CI=true has picocolors colour the headings.
  const plain = stripVTControlCharacters(renderTable(["a", "b"], [["long value", "x"]]));
  expect(plain).toMatch(/a +b *\nlong value {2}x$/);
});

describe("the order of test files", () => {
  it("names files that are there", () => {
    const files = [...alone, ...Object.keys(seconds).map((name) => `tests/${name}.test.ts`)];
    expect(files.filter((file) => !existsSync(join(packageRoot, file)))).toEqual([]);
  });
});
