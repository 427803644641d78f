// The Oracle's settings against the project's file, and against what its table says of the two environments.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectConfig, readStack } from "tandem/testing";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { appReference, referenceOf } from "../../setup/images/catalog.ts";
import { settings, sharedSettings } from "./settings.ts";

const projectDir = join(import.meta.dirname, "../..");

async function valuesOf(stack: string): Promise<Record<string, unknown>> {
  const { problems, settings: values } = await readStack({ projectDir, stack, deep: false });
  expect(problems).toEqual([]);
  return values ?? {};
}

describe("The Oracle's settings", () => {
  it("are declared in Pulumi.yaml with the same keys, types, secret marks, descriptions and defaults", () => {
    const project: { config: unknown } = parse(readFileSync(join(projectDir, "Pulumi.yaml"), "utf8"));
    expect(project.config).toEqual(projectConfig(settings, { shared: sharedSettings }));
  });

  it("have defaults that they accept themselves", () => {
    for (const [key, { schema, default: value }] of Object.entries(settings.keys)) {
      if (value !== undefined) expect(schema.safeParse(value).success, key).toBe(true);
    }
  });

  it("name images that the set-up can make ready on a machine without a registry", async () => {
    expect(await valuesOf("staging")).toMatchObject({
      image: appReference(),
      postgresImage: referenceOf("postgres"),
      redisImage: referenceOf("redis"),
      gatewayImage: referenceOf("caddy"),
    });
  });

  it("differ between staging and production only where they should", async () => {
    const [staging, production] = await Promise.all([valuesOf("staging"), valuesOf("production")]);
    // Variables are a stack file's alone (docs/variables.md); `tandem parity` tells of one that only one environment has.
    const { environment, secrets, ...keys } = settings.keys;
    const different = Object.keys(keys).filter(
      (key) => JSON.stringify(staging[key]) !== JSON.stringify(production[key]),
    );
    expect(different.toSorted()).toEqual([
      "banner",
      "hostPort",
      "hostname",
      "logLevel",
      "noindex",
      "postgresPort",
      "protectData",
      "restorePoints",
      "voipSync",
    ]);
  });

  it("say what the table of the two environments says", async () => {
    expect(await valuesOf("staging")).toMatchObject({
      hostname: "staging-oracle.ingeniotech.co.uk",
      hostPort: 3101,
      bindAddress: "127.0.0.1",
      banner: "STAGING ENVIRONMENT",
      voipSync: false,
      noindex: true,
    });
    expect(await valuesOf("production")).toMatchObject({
      hostname: "theoracle.ingeniotech.co.uk",
      hostPort: 3100,
      banner: undefined,
      voipSync: true,
      protectData: true,
    });
  });
});
