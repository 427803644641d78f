// What the end of `tandem test` says of failed tests, and what it leaves out.
import { expect, it } from "vitest";
import { renderFailures, testFailures } from "./test-failures.ts";

const files = [
  {
    name: "/repo/tests/a.test.ts",
    status: "failed",
    assertionResults: [
      { fullName: "a deploy loses nothing", title: "loses nothing", status: "passed", failureMessages: [] },
      {
        fullName: "a deploy moves the route",
        title: "moves the route",
        status: "failed",
        failureMessages: [
          "AssertionError: expected \u001b[31m502\u001b[39m to be 200\n    at /repo/tests/a.test.ts:7:3",
        ],
      },
    ],
  },
  {
    name: "/repo/hook.test.ts",
    status: "failed",
    message: "beforeAll: no Docker here",
    assertionResults: [{ title: "never ran", status: "skipped" }],
  },
  { name: "/repo/b.test.ts", status: "failed", message: "SyntaxError: no such export", assertionResults: [] },
];

it("names each failed test with its file and error, and files that never came to a test", () => {
  expect(renderFailures(testFailures(files, "/repo"))).toBe(
    [
      "Failed:",
      "  ✗ tests/a.test.ts: a deploy moves the route",
      "    AssertionError: expected 502 to be 200",
      "        at /repo/tests/a.test.ts:7:3",
      "  ✗ hook.test.ts",
      "    beforeAll: no Docker here",
      "  ✗ b.test.ts",
      "    SyntaxError: no such export",
    ].join("\n"),
  );
});

it("clips long messages, and tells no more than ten in full, of the rest the error", () => {
  const message = Array.from({ length: 40 }, (_, line) => `line ${line}`).join("\n");
  const text = renderFailures(Array.from({ length: 12 }, (_, index) => ({ name: `test ${index}`, message })));
  expect(text.match(/… 15 more lines above/g)).toHaveLength(10);
  expect(text).toContain("  ✗ test 11\n    line 0\n    line 1\n    line 2\n    … 37 more lines above");
  expect(text).not.toContain("line 25");
});

it("says nothing where nothing failed", () => {
  expect(renderFailures([])).toBe("");
});
