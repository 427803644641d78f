// When a program may rely on the check that `./tandem` made before it started the engine.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { CHECKED_SETTINGS, checkedSettings, setsValues, wasChecked } from "./checked.ts";

let folder: string;

function write(file: string, text: string): void {
  writeFileSync(join(folder, file), text);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tandem-checked-"));
  write("Pulumi.yaml", "name: shop\n");
  write("Pulumi.staging.yaml", "config:\n  shop:hostPort: 3001\n");
  write("Pulumi.production.yaml", "config:\n  shop:hostPort: 3000\n");
});
afterEach(() => rmSync(folder, { recursive: true }));

const said = (stackFolder = folder) => ({
  [CHECKED_SETTINGS]: checkedSettings("staging", folder, stackFolder),
});

it("with the files as they were", () => {
  expect(wasChecked("staging", folder, said())).toBe(true);
});

it.each<[string, () => void]>([
  ["the stack's own file", () => write("Pulumi.staging.yaml", "config:\n  shop:hostPort: 3000\n")],
  ["a sibling's file", () => write("Pulumi.production.yaml", "config:\n  shop:hostPort: 3001\n")],
  ["the project's file", () => write("Pulumi.yaml", "name: shop2\n")],
  ["another sibling", () => write("Pulumi.preview.yaml", "")],
  ["a sibling that is gone", () => rmSync(join(folder, "Pulumi.production.yaml"))],
])("not after a change: %s", (_, change) => {
  const env = said();
  change();
  expect(wasChecked("staging", folder, env)).toBe(false);
});

it("not for another stack, without a word, or with nonsense", () => {
  expect(wasChecked("production", folder, said())).toBe(false);
  expect(wasChecked("staging", folder, {})).toBe(false);
  expect(wasChecked("staging", folder, { [CHECKED_SETTINGS]: "" })).toBe(false);
  expect(wasChecked("staging", folder, { [CHECKED_SETTINGS]: "{}" })).toBe(false);
});

it("where the stacks' files lie in a folder of their own, with those", () => {
  const stacks = join(folder, "stacks");
  mkdirSync(stacks);
  writeFileSync(join(stacks, "Pulumi.staging.yaml"), "config: {}\n");
  const env = said(stacks);
  expect(wasChecked("staging", folder, env)).toBe(true);
  writeFileSync(join(stacks, "Pulumi.staging.yaml"), "config:\n  shop:hostPort: 1\n");
  expect(wasChecked("staging", folder, env)).toBe(false);
});

it.each([
  [["--diff"], false],
  [["--expect-no-changes", "-j"], false],
  [["-c", "shop:hostPort=1"], true],
  [["-jc", "shop:hostPort=1"], true],
  [["--config=shop:hostPort=1"], true],
  [["--config-file", "other.yaml"], true],
])("values on the command line were not checked: %j: %s", (flags, sets) => {
  expect(setsValues(flags)).toBe(sets);
});
