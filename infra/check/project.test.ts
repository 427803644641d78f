// What can be wrong with the project around the stack file.
import { describe, expect, it } from "vitest";
import { checkStack } from "./index.ts";
import { type Files, inProject, isFix, projectSource } from "./testing.ts";

const noSystem = "name: oracle\ntandem: {system: ./x}";
const project = (from: string, to: string) => ({ "Pulumi.yaml": projectSource.replace(from, to) });

type Case = [what: string, files: Files, stack: string, kind: string, reason: RegExp, fix: string | RegExp];

const cases: Case[] = [
  [
    "no project file",
    { "Pulumi.yaml": null },
    "staging",
    "no-project",
    /no Pulumi/,
    "git restore Pulumi.yaml",
  ],
  [
    "no stack file",
    { "Pulumi.staging.yaml": null },
    "staging",
    "no-stack-file",
    /there are production/,
    "pulumi stack init staging",
  ],
  ["a shortened stack", {}, "prod", "no-stack-file", /mean production\?/, "pulumi stack select production"],
  ["an unsupported name", {}, "Staging_1", "stack-name", /lower-case/, /pulumi stack select/],
  ["a path for a name", {}, "../staging", "stack-name", /lower-case/, /pulumi stack select/],
  ["a broken project file", { "Pulumi.yaml": "name: [oracle" }, "staging", "yaml-syntax", /./, /EDITOR/],
  ["a list for a project", { "Pulumi.yaml": "[]" }, "staging", "project-config", /no map/, /EDITOR/],
  ["no name", { "Pulumi.yaml": "tandem: {system: ./x}" }, "staging", "project-config", /missing/, /EDITOR/],
  [
    "a bad name",
    project("name: oracle", "name: The_Oracle"),
    "staging",
    "project-config",
    /lower-case/,
    /EDITOR/,
  ],
  ["no system", { "Pulumi.yaml": "name: oracle" }, "staging", "project-config", /folder with/, /EDITOR/],
  [
    "a system that isn't there",
    { "Pulumi.yaml": noSystem },
    "staging",
    "no-system",
    /no settings.ts/,
    /EDITOR/,
  ],
  [
    "a list for a block",
    { "Pulumi.yaml": `${noSystem}\nconfig: [1]` },
    "staging",
    "project-config",
    /map/,
    /EDITOR/,
  ],
  [
    "an unknown type",
    project("type: boolean", "type: bool"),
    "staging",
    "project-config",
    /unknown type/,
    /EDITOR/,
  ],
  [
    "a wrong default",
    project("default: 127.0.0.1", "default: 5"),
    "staging",
    "project-config",
    /no string/,
    /EDITOR/,
  ],
  [
    "an array without items",
    project("items:\n", "i:\n"),
    "staging",
    "project-config",
    /type of its items/,
    /EDITOR/,
  ],
  [
    "another type",
    project("type: integer", "type: string"),
    "staging",
    "project-config",
    /say type integer/,
    /EDITOR/,
  ],
  [
    "a lost secret mark",
    project("secret: true", "secret: false"),
    "staging",
    "project-config",
    /secret/,
    /EDITOR/,
  ],
  [
    "a misspelt key",
    project("replicas:", "replica:"),
    "staging",
    "project-config",
    /mean replicas/,
    /EDITOR/,
  ],
  ["a lost default", project("default: info", ""), "staging", "project-config", /no default/, /EDITOR/],
  [
    "a misspelt attribute",
    project("default: info", "defautl: info"),
    "staging",
    "project-config",
    /default\?/,
    /EDITOR/,
  ],
];

describe("a project", () => {
  it.each(cases)("with %s", async (_, files, stack, kind, reason, fix) => {
    const problems = await inProject(files, (projectDir) => checkStack({ projectDir, stack, deep: false }));
    const problem = problems.find((candidate) => candidate.kind === kind && reason.test(candidate.reason));
    expect(problem, JSON.stringify(problems)).toBeDefined();
    expect(problem?.fix).toSatisfy((command: string) => isFix(command, fix));
  });

  it("may have another name: its keys are in its own namespace", async () => {
    const rename = (source: string) =>
      source.replaceAll("oracle:", "oracle-t1:").replace("name: oracle", "name: oracle-t1");
    const files: Files = { "Pulumi.yaml": rename(projectSource), "Pulumi.production.yaml": null };
    const problems = await inProject(files, async (projectDir) =>
      checkStack({ projectDir, stack: "staging", deep: false }),
    );
    expect(problems.filter(({ kind }) => kind === "wrong-namespace")).toHaveLength(9);
    expect(problems.find(({ kind }) => kind === "missing")?.key).toMatch(/^oracle-t1:/);
  });
});
