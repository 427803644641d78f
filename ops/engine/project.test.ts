// Reading projects and stack files, and the copies that the engine is given.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { resolvePaths } from "../../setup/paths.ts";
import {
  countsAsProduction,
  loadProject,
  loadStackFile,
  plainSetting,
  portSetting,
  stackNames,
} from "./project.ts";
import { neededForward } from "./session.ts";
import { writeInitProject, writeStackConfig } from "./stack-config.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tandem-project-test-"));
  write("Pulumi.yaml", "name: shop\nruntime: nodejs\nconfig:\n  postgresPort:\n    default: 5\n  plain: 7\n");
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): void {
  writeFileSync(join(folder, name), text);
}

const paths = () => resolvePaths({ TANDEM_HOME: join(folder, "home"), TANDEM_CACHE: join(folder, "cache") });

describe("projects", () => {
  it("lists the stacks, staging first", () => {
    for (const name of ["production", "staging", "local"]) write(`Pulumi.${name}.yaml`, "");
    expect(stackNames(loadProject(folder))).toEqual(["staging", "local", "production"]);
  });

  it("count as production by name, or by what their file says", () => {
    const said = (production: unknown) => ({ config: { "tandem:policies": { production } } });
    expect(countsAsProduction("production", { config: {} })).toBe(true);
    expect(countsAsProduction("prod", { config: { "tandem:policies": null } })).toBe(true);
    expect(countsAsProduction("live", said(true))).toBe(true);
    expect(countsAsProduction("production", said(false))).toBe(false);
    expect(countsAsProduction("staging", said("yes"))).toBe(false);
  });

  it("keeps to the folder that stackConfigDir names", () => {
    write("Pulumi.yaml", "name: shop\nruntime: nodejs\nstackConfigDir: config\n");
    mkdirSync(join(folder, "config"));
    write("config/Pulumi.staging.yaml", "config: {}\n");
    expect(loadStackFile(loadProject(folder), "staging").path).toBe(
      join(folder, "config", "Pulumi.staging.yaml"),
    );
  });

  it.each([
    ["no file", undefined, "can't be read"],
    ["bad YAML", "name: [", "not valid YAML"],
    ["no name", "runtime: nodejs", '"name" is missing'],
  ])("says what is wrong: %s", (_, text, message) => {
    if (text === undefined) rmSync(join(folder, "Pulumi.yaml"));
    else write("Pulumi.yaml", text);
    expect(() => loadProject(folder)).toThrow(message);
  });

  it("names the stacks there are when one is missing", () => {
    write("Pulumi.staging.yaml", "");
    expect(() => loadStackFile(loadProject(folder), "stagging")).toThrow('no stack "stagging"');
  });

  it("reads plain settings, with the project's defaults", () => {
    write("Pulumi.staging.yaml", "config:\n  shop:dockerHost: ssh://me@far:22\n  shop:empty: ''\n");
    const project = loadProject(folder);
    const file = loadStackFile(project, "staging");
    expect(plainSetting(project, file, "dockerHost")).toBe("ssh://me@far:22");
    expect(plainSetting(project, file, "plain")).toBe("7");
    expect(plainSetting(project, file, "empty")).toBeUndefined();
    expect(portSetting(project, file, "postgresPort")).toBe(5);
    expect(portSetting(project, file, "nothing")).toBeUndefined();
    expect(neededForward(project, file)).toBeUndefined();
    write("Pulumi.staging.yaml", `${file.text}  shop:postgresForwardPort: 9\n`);
    expect(neededForward(project, loadStackFile(project, "staging"))).toEqual({
      host: "ssh://me@far:22",
      localPort: 9,
      remotePort: 5,
    });
  });
});

describe("the copy of a stack file", () => {
  const given = (text: string, salt?: string) => {
    write("Pulumi.staging.yaml", text);
    const project = loadProject(folder);
    return writeStackConfig(paths(), project, "staging", loadStackFile(project, "staging"), salt);
  };

  it("has the settings and the salt of the state, readable by its owner only", () => {
    const copy = given("# comment\nconfig:\n  shop:a: 1\n", "v1:salt");
    expect(copy).toBe(join(folder, "home", "config", "shop", "Pulumi.staging.yaml"));
    expect(parse(readFileSync(copy, "utf8"))).toEqual({ config: { "shop:a": 1 }, encryptionsalt: "v1:salt" });
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(folder, "Pulumi.staging.yaml"), "utf8")).not.toContain("salt");
  });

  it("keeps the salt from before and follows the tracked file", () => {
    given("config:\n  shop:a: 1\n", "v1:salt");
    const copy = given("config:\n  shop:a: 2\n");
    expect(parse(readFileSync(copy, "utf8"))).toEqual({ config: { "shop:a": 2 }, encryptionsalt: "v1:salt" });
  });

  it("can be made from an empty file", () => {
    expect(parse(readFileSync(given("", "v1:salt"), "utf8"))).toEqual({ encryptionsalt: "v1:salt" });
    expect(parse(readFileSync(given("# nothing\n", "v1:x"), "utf8"))).toEqual({ encryptionsalt: "v1:x" });
  });

  it.each([
    "encryptionsalt: v1:own",
    "secretsprovider: awskms://key",
    "encryptedkey: abc",
  ])("is not made where the tracked file has %s", (line) => {
    expect(given(`${line}\nconfig: {}\n`, "v1:salt")).toBe(join(folder, "Pulumi.staging.yaml"));
  });

  it("stands beside a project file in which stacks can be made", () => {
    const directory = writeInitProject(paths(), loadProject(folder));
    expect(parse(readFileSync(join(directory, "Pulumi.yaml"), "utf8"))).toEqual({
      name: "shop",
      runtime: "nodejs",
    });
  });
});
