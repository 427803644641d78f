// Which Pulumi CLI is used, with stand-ins for it.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { installedEngineDirectory, locateEngine, machineEngine, originFile } from "./engine-location.ts";
import { type Paths, resolvePaths } from "./paths.ts";
import { compareVersions, engineIsCompatible, engineVersion, pluginVersion } from "./versions.ts";

let folder: string;
let paths: Paths;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tandem-engine-"));
  paths = resolvePaths({ TANDEM_CACHE: join(folder, "cache"), TANDEM_HOME: join(folder, "home") });
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function program(directory: string, name: string, script: string): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(directory, name), 0o755);
}

/** A CLI on the machine's path. */
function machineCli(version: string, withHost = true): { PATH: string } {
  const bin = join(folder, "bin");
  program(bin, "pulumi", `echo call >>${folder}/calls; echo ${version}`);
  if (withHost) program(bin, "pulumi-language-nodejs", "exit 0");
  return { PATH: bin };
}

function installCli(): void {
  const directory = installedEngineDirectory(paths);
  program(directory, "pulumi", "exit 0");
  writeFileSync(join(directory, originFile), "built\n");
}

describe("the machine's own CLI", () => {
  it("is used untouched where it fits", () => {
    installCli();
    const located = locateEngine(paths, machineCli("v3.240.1"));
    expect(located).toMatchObject({
      version: "3.240.1",
      origin: "machine",
      command: join(folder, "bin/pulumi"),
    });
  });

  it.each([
    ["v3.228.9", "does not fit"],
    ["v4.0.0", "does not fit"],
    ["; exit 1", "fails"],
  ])("is passed over, with the reason: %s", (version, reason) => {
    expect(machineEngine(paths, machineCli(version)).rejected[0]?.reason).toContain(reason);
  });

  it("is passed over without a language host", () => {
    expect(machineEngine(paths, machineCli("v3.256.0", false)).rejected[0]?.reason).toContain(
      "language host",
    );
  });

  it("is not the one that set-up installed, although `tandem env` puts that on the path", () => {
    installCli();
    const located = locateEngine(paths, { PATH: installedEngineDirectory(paths) });
    expect(located?.origin).toBe("built");
  });
});

describe("the installed CLI", () => {
  it("counts when it is complete", () => {
    expect(locateEngine(paths, { PATH: "" })).toBeUndefined();
    program(installedEngineDirectory(paths), "pulumi", "exit 0");
    expect(locateEngine(paths, { PATH: "" })).toBeUndefined();
    installCli();
    expect(locateEngine(paths, { PATH: "" })).toMatchObject({ version: engineVersion(), origin: "built" });
  });
});

describe("versions", () => {
  it("are those of the SDKs, exact", () => {
    for (const version of [engineVersion(), pluginVersion("docker"), pluginVersion("random")]) {
      expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    }
  });

  it.each([
    ["3.9.0", "3.10.0", -1],
    ["v3.10.0", "3.10.0", 0],
    ["4.0.0", "3.99.99", 1],
    ["3.10.0-alpha.1", "3.10.0", 0],
  ])("compare by number: %s and %s", (a, b, expected) => {
    expect(Math.sign(compareVersions(a, b))).toBe(expected);
  });

  it("fit from 3.229 on, below 4", () => {
    expect(["3.228.0", "3.229.0", "v3.300.1", "4.0.0", "30.0.0"].map(engineIsCompatible)).toEqual([
      false,
      true,
      true,
      false,
      false,
    ]);
  });
});
