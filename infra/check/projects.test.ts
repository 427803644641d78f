// The systems of a repository, found while files in it come, change and go.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { systemsBelow } from "./projects.ts";

const root = mkdtempSync(join(tmpdir(), "tandem-projects-"));
afterAll(() => rmSync(root, { recursive: true }));

const describeSystem = (folder: string, name: string) => {
  mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, folder, "Pulumi.yaml"), `name: ${name}\ntandem:\n  system: ./${folder}\n`);
};
const projects = () => systemsBelow(root).map(({ project }) => project);

it("knows a system that came, was renamed or went since it was last asked", () => {
  expect(projects()).toEqual([]);
  describeSystem("infra", "shop");
  expect(projects()).toEqual(["shop"]);
  describeSystem("infra", "store");
  describeSystem("other", "tools");
  expect(projects()).toEqual(["store", "tools"]);
  rmSync(join(root, "infra"), { recursive: true });
  expect(projects()).toEqual(["tools"]);
});
