// Settings of shop against the project's file, and what the check says of its stack files.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectConfig, readStack } from "tandem/testing";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { settings } from "./settings.ts";

const projectDir = import.meta.dirname;

describe("settings of shop", () => {
  it("are declared in Pulumi.yaml with the same keys, types, secret marks, descriptions and defaults", () => {
    const project: { config: unknown } = parse(readFileSync(join(projectDir, "Pulumi.yaml"), "utf8"));
    expect(project.config).toEqual(projectConfig(settings));
  });

  it.each(["staging", "production"])("%s passes the check", async (stack) => {
    const { problems } = await readStack({ projectDir, stack, deep: false });
    expect(problems).toEqual([]);
  });
});
