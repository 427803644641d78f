// Bundles of several versions in one cache: which one runs, and which are cleared away.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hasLauncher, writeLauncher } from "./bundle-launcher.ts";
import { bundleIsCurrent, bundlesFolder, makeBundle } from "./bundles.ts";
import { clearBundles } from "./bundles-clearing.ts";
import { type Paths, resolvePaths } from "./paths.ts";

const NAME = "pulumi-resource-random";
const DAY = 86_400;
let folder: string;
let paths: Paths;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tandem bundles' "));
  paths = resolvePaths({ HOME: folder, TANDEM_CACHE: join(folder, "cache") });
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A version's folder that was used so many days ago, with an executable that says the version's name. */
function version(name: string, days: number): string {
  const made = join(paths.bundles, name);
  mkdirSync(made, { recursive: true });
  writeFileSync(join(made, NAME), `#!/bin/sh\necho ${name} "$@"\n`);
  chmodSync(join(made, NAME), 0o755);
  const then = Date.now() / 1000 - days * DAY;
  utimesSync(made, then, then);
  return made;
}

it("bundles that are made at the same time share a module without losing it", {
  timeout: 60_000,
}, async () => {
  await Promise.all(
    (["tandem-plugins", "pulumi-resource-tandem"] as const).map((name) => makeBundle(paths, name)),
  );
  const made = readdirSync(bundlesFolder(paths));
  expect(made.filter((name) => name.endsWith(".new"))).toEqual([]);
  expect(made).toEqual(
    expect.arrayContaining(["libpg-query.wasm", "tandem-plugins", "pulumi-resource-tandem"]),
  );
});

it("a bundle runs below a package of ES modules, too", async () => {
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  await makeBundle(paths, NAME);
  const plugin = spawn(join(bundlesFolder(paths), NAME), ["127.0.0.1:1"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [port] = (await once(plugin.stdout, "data")) as [Buffer];
  plugin.kill();
  expect(port.toString()).toMatch(/^\d+\n$/);
});

describe("the script in a plugin's place", () => {
  let script: string;

  beforeEach(() => {
    script = join(folder, "plugins", NAME);
    writeLauncher(paths, NAME, script);
  });

  const run = (env: Record<string, string>) =>
    execFileSync(script, ["a b"], { encoding: "utf8", env: { PATH: process.env.PATH, ...env } });

  it("runs the bundle of the version that started the engine", () => {
    const old = version("old", 3);
    version("new", 0);
    expect(run({ TANDEM_BUNDLES: old })).toBe("old a b\n");
  });

  it("runs the one used last where nobody says which", () => {
    version("newer", 2);
    version("old", 3);
    expect(run({})).toBe("newer a b\n");
  });

  it("says what to do where the bundle is gone", () => {
    const { status, stderr } = spawnSync(script, {
      encoding: "utf8",
      env: { PATH: process.env.PATH, TANDEM_BUNDLES: "/nowhere" },
    });
    expect(status).toBe(1);
    expect(stderr).toBe(
      `${NAME} is not in '/nowhere': run \`./tandem setup\`, then \`eval "$(./tandem env)"\` in this shell\n`,
    );
  });

  it("is the same for every version, and told from anything else", () => {
    expect(hasLauncher(paths, NAME, script)).toBe(true);
    expect(hasLauncher(paths, "pulumi-resource-postgresql", script)).toBe(false);
    expect(hasLauncher(paths, NAME, join(folder, "none"))).toBe(false);
    expect(readdirSync(dirname(script))).toEqual([NAME]);
  });
});

describe("a bundle", () => {
  it("is current where this version's folder has it, and looking counts as use", () => {
    expect(bundleIsCurrent(paths, NAME)).toBe(false);
    const own = version(basename(bundlesFolder(paths)), 10);
    expect(bundleIsCurrent(paths, NAME)).toBe(true);
    expect(Date.now() - statSync(own).mtimeMs).toBeLessThan(DAY * 1000);
  });
});

describe("clearing", () => {
  it("removes what nobody used for two weeks", () => {
    for (const days of [0, 13, 15]) version(`used-${days}`, days);
    clearBundles(paths.bundles);
    expect(readdirSync(paths.bundles).sort()).toEqual(["used-0", "used-13"]);
  });

  it("of more than 20 versions leaves the last 20, and all that were used within a day", () => {
    for (let count = 0; count < 15; count++) version(`today-${count}`, 0.5);
    for (let count = 0; count < 10; count++) version(`earlier-${count}`, 2 + count / 10);
    clearBundles(paths.bundles);
    const left = readdirSync(paths.bundles);
    expect(left.filter((name) => name.startsWith("today"))).toHaveLength(15);
    expect(left.filter((name) => name.startsWith("earlier")).sort()).toEqual(
      [0, 1, 2, 3, 4].map((count) => `earlier-${count}`),
    );
    for (let count = 15; count < 30; count++) version(`today-${count}`, 0.5);
    clearBundles(paths.bundles);
    expect(readdirSync(paths.bundles)).toHaveLength(30);
  });
});
