// What holds for every system's topology: short, and the same for all environments.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { projectConfig } from "../infra/settings/project-config.ts";

/** Most lines of a topology; what needs more is a component's work. */
const MOST_LINES = 120;
const folder = import.meta.dirname;
const systems = readdirSync(folder).filter((name) => existsSync(join(folder, name, "topology.ts")));

describe.each(systems)("%s", (system) => {
  const source = readFileSync(join(folder, system, "topology.ts"), "utf8");

  it(`has a topology of at most ${MOST_LINES} lines`, () => {
    expect(source.split("\n").length - 1).toBeLessThanOrEqual(MOST_LINES);
  });

  it("doesn't ask which environment it builds", () => {
    const code = source.replace(/\/\/.*$|\/\*[\s\S]*?\*\//gm, "");
    expect(code).not.toMatch(/["'`](staging|production|prod|local)["'`]|getStack|isProduction/);
  });

  it("declares its settings in Pulumi.yaml", async () => {
    const file = join(folder, system === "oracle" ? ".." : system, "Pulumi.yaml");
    const { config } = parse(readFileSync(file, "utf8")) as { config: unknown };
    const { settings, sharedSettings } = (await import(join(folder, system, "settings.ts"))) as {
      settings: Parameters<typeof projectConfig>[0];
      sharedSettings?: NonNullable<Parameters<typeof projectConfig>[1]>["shared"];
    };
    expect(config).toEqual(projectConfig(settings, sharedSettings && { shared: sharedSettings }));
  });
});
