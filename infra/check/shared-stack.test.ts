// A project whose stack `shared` has settings of its own.
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { readSettings } from "../settings/program.ts";
import { projectConfig } from "../settings/project-config.ts";
import { settings, sharedSettings } from "./fixtures/shop/settings.ts";
import { readStack } from "./index.ts";
import { inProject } from "./testing.ts";

const all = { environments: settings, shared: sharedSettings };
const block = projectConfig(settings, all);
const project = stringify({
  name: "shop",
  runtime: "nodejs",
  tandem: { system: join(import.meta.dirname, "fixtures/shop") },
  config: block,
});
const staging = "config:\n  shop:hostname: staging.example.com\n  shop:hostPort: 3001\n";
const shared = "config:\n  shop:environments: [staging]\n  shop:postgresPort: 15001\n";

function check(stack: string, files: Record<string, string> = {}) {
  const own = { "Pulumi.yaml": project, "Pulumi.staging.yaml": staging, "Pulumi.shared.yaml": shared };
  return inProject({ ...own, "Pulumi.production.yaml": null, ...files }, (projectDir) =>
    readStack({ projectDir, stack, deep: false }),
  );
}

describe("a stack of shared servers", () => {
  it("has its own settings, and the environments have theirs", async () => {
    expect(await check("shared")).toEqual({
      problems: [],
      needsShared: false,
      hasEnvironment: false,
      settings: { environments: ["staging"], postgresPort: 15_001, image: "postgres:17.4" },
    });
    const checked = await check("staging");
    expect(checked.needsShared).toBe(true);
    expect(checked.settings).toEqual({
      hostname: "staging.example.com",
      hostPort: 3001,
      banner: false,
      image: "postgres:17.4",
    });
  });

  it("takes no key of an environment, and the other way round", async () => {
    const [strange] = (await check("shared", { "Pulumi.shared.yaml": `${shared}  shop:banner: true\n` }))
      .problems;
    expect(strange).toMatchObject({ kind: "unknown-key", key: "shop:banner" });
    const [other] = (await check("staging", { "Pulumi.staging.yaml": `${staging}  shop:postgresPort: 1\n` }))
      .problems;
    expect(other).toMatchObject({ kind: "unknown-key", key: "shop:postgresPort" });
  });

  it("lets nobody forget what must be set", async () => {
    const { problems } = await check("staging", { "Pulumi.staging.yaml": "config: {}\n" });
    expect(problems.map(({ kind, key }) => [kind, key])).toEqual([
      ["missing", "shop:hostname"],
      ["missing", "shop:hostPort"],
    ]);
    const none = await check("shared", { "Pulumi.shared.yaml": "config: {}\n" });
    expect(none.problems.map(({ key }) => key)).toEqual(["shop:environments", "shop:postgresPort"]);
  });

  it("may not listen where an environment does", async () => {
    const clash = shared.replace("15001", "3001");
    const { problems } = await check("shared", { "Pulumi.shared.yaml": clash });
    expect(problems).toMatchObject([{ kind: "port-of-other-stack", key: "shop:postgresPort" }]);
    expect(problems[0]?.reason).toContain("3001 is the hostPort of staging");
  });

  it("gives its program its own settings out of what the engine hands over for both", async () => {
    const defaults = Object.entries(block).map(([key, entry]) => [`shop:${key}`, String(entry.default)]);
    pulumi.runtime.setAllConfig({
      ...Object.fromEntries(defaults),
      "shop:environments": '["staging"]',
      "shop:postgresPort": "15001",
    });
    await pulumi.runtime.setMocks(
      { call: (args) => args.inputs, newResource: (args) => ({ id: args.name, state: args.inputs }) },
      "shop",
      "shared",
    );
    expect(await readSettings(sharedSettings, { all })).toEqual({
      environments: ["staging"],
      postgresPort: 15_001,
      image: "postgres:17.4",
    });
  });
});
