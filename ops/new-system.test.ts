// What `tandem new` makes, and what it refuses.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { packageRoot } from "../toolchain/paths.ts";
import { createSystem } from "./new-system.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "tandem-new-"));
  cpSync(join(packageRoot, "docs/template"), join(root, "docs/template"), { recursive: true });
  mkdirSync(join(root, "stacks"));
});

afterEach(() => rmSync(root, { recursive: true }));

it("a new system has every file of the template under its own name", () => {
  const folder = createSystem("book-club", root);
  expect(readdirSync(folder)).toEqual(readdirSync(join(packageRoot, "docs/template")));
  for (const file of readdirSync(folder))
    expect(readFileSync(join(folder, file), "utf8")).not.toMatch(/shop/);
  const staging = readFileSync(join(folder, "Pulumi.staging.yaml"), "utf8");
  expect(staging).toContain("book-club:hostname: staging-book-club.localhost");
});

it("a second one gets ports of its own", () => {
  const portsOf = (folder: string) =>
    readFileSync(join(folder, "Pulumi.staging.yaml"), "utf8").match(/(?<=Port: )\d+/g);
  expect(portsOf(createSystem("first", root))).toEqual(["3601", "15601"]);
  expect(portsOf(createSystem("second", root))).toEqual(["3611", "15611"]);
});

it.each([
  ["../elsewhere", "must be lower-case letters"],
  ["Shop", "must be lower-case letters"],
  ["a-name-that-no-database-takes", "is longer than 20 characters"],
  ["", "is empty"],
  ["taken", "stacks/taken is there already"],
])("refuses %j and leaves nothing behind", (name, reason) => {
  mkdirSync(join(root, "stacks/taken"));
  writeFileSync(join(root, "stacks/taken/note"), "kept");
  const before = readdirSync(root, { recursive: true });
  expect(() => createSystem(name, root)).toThrow(reason);
  expect(readdirSync(root, { recursive: true })).toEqual(before);
});
