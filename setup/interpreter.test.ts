// Files that a Node at any path runs.
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { canRun } from "./executables.ts";
import { interpreterOf, startedBy } from "./interpreter.ts";

const folder = mkdtempSync(join(tmpdir(), "tandem-interpreter-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each([
  ["a plain path", "plain"],
  ["spaces and quotes", `my "own" node's place`],
  ["a long path", "x".repeat(200)],
])("a bundle for a Node at %s", (_, name) => {
  const place = join(folder, name);
  const node = join(place, "node");
  const file = join(place, "bundle");

  it("is run by that Node, with its arguments as they are", () => {
    mkdirSync(place);
    symlinkSync(process.execPath, node);
    const print = "console.log(JSON.stringify(process.argv.slice(2)), process.argv0)";
    writeFileSync(file, `${startedBy(node)}\n"use strict";${print}\n`);
    chmodSync(file, 0o755);
    const output = execFileSync(file, ["a b", "$c", "'d'"], { encoding: "utf8" });
    expect(output).toBe(`["a b","$c","'d'"] ${node}\n`);
    expect(interpreterOf(startedBy(node))).toBe(node);
  });

  it("can't be run once that Node is gone", () => {
    expect(canRun(file)).toBe(true);
    rmSync(node);
    expect(canRun(file)).toBe(false);
  });
});
