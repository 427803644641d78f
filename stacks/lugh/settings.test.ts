// Lugh's settings against the project's file, and against what its table says of the two environments.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectConfig, readStack } from "tandem/testing";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { settings, sharedSettings } from "./settings.ts";

const projectDir = import.meta.dirname;

async function valuesOf(stack: string): Promise<Record<string, unknown>> {
  const { problems, settings: values } = await readStack({ projectDir, stack, deep: false });
  // Another system may have the same port, on a machine of its own.
  expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
  return values ?? {};
}

describe("Lugh's settings", () => {
  it("are declared in Pulumi.yaml with the same keys, types, secret marks, descriptions and defaults", () => {
    const project: { config: unknown } = parse(readFileSync(join(projectDir, "Pulumi.yaml"), "utf8"));
    expect(project.config).toEqual(projectConfig(settings, { shared: sharedSettings }));
  });

  it("differ between staging and production only where the table says", async () => {
    const [staging, production] = await Promise.all([valuesOf("staging"), valuesOf("production")]);
    // Variables are a stack file's alone (docs/variables.md); `tandem parity` tells of one that only one environment has.
    const { environment, secrets, ...keys } = settings.keys;
    const different = Object.keys(keys).filter(
      (key) => JSON.stringify(staging[key]) !== JSON.stringify(production[key]),
    );
    expect(Object.fromEntries(different.map((key) => [key, [staging[key], production[key]]]))).toEqual({
      hostname: ["staging-lugh.localhost", "lugh.localhost"],
      hostPort: [3001, 3000],
      database: ["staging_lugh", "prod_lugh"],
      redisPrefix: ["staging:", "prod:"],
      home: ["/.lugh-staging", "/.lugh-prod"],
      botDisplayName: ["Lugh Dev", "Lugh"],
      agentPool: [true, false],
      redisMessaging: [true, false],
      simulationLayer: [true, false],
      noindex: [true, false],
      protectData: [false, true],
      restorePoints: [0, 5],
    });
  });

  it("serve both environments from the stack of shared servers", async () => {
    expect(await valuesOf("shared")).toMatchObject({ environments: ["staging", "production"] });
  });
});
