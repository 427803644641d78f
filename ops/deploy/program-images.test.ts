// Which images a system's program needs before the engine runs it.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { SCHEDULER_IMAGE } from "../../lib/jobs/place.ts";
import { programImages } from "./program-images.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "program-images-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
}

it.each([
  ["topology.ts", 'jobs: { tidy: { schedule: "@daily", command } }', [SCHEDULER_IMAGE]],
  ["parts/jobs.mjs", "export const tidy = { schedule, command };", [SCHEDULER_IMAGE]],
  ["topology.ts", "// a reschedule of things", []],
  ["node_modules/cron/index.js", "schedule()", []],
  [".cache/old.ts", "schedule", []],
  ["README.md", "schedule", []],
])("%s with %s", (file, text, images) => {
  write(file, text);
  expect(programImages({ programDirectory: folder })).toEqual(images);
  expect(programImages({ programDirectory: "/nowhere", systemDirectory: folder })).toEqual(images);
});

it("asks nothing of a folder that is named like a file, and of a link to nowhere", () => {
  mkdirSync(join(folder, "three.js"));
  symlinkSync("/nowhere/at-all.ts", join(folder, "gone.ts"));
  write("topology.ts", "schedule");
  expect(programImages({ programDirectory: folder })).toEqual([SCHEDULER_IMAGE]);
});
