// The launcher, with stand-ins for node and npm: which Node it picks, when it installs, and that it hands over.
import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { packageRoot } from "./paths.ts";

let folder: string;
let root: string;

const write = (path: string, text: string, mode = 0o644) => {
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text);
  chmodSync(path, mode);
};

/** A node that says its version, and else tells how it was called. */
const fakeNode = (version: string) =>
  `#!/bin/sh\nif [ "$1" = --version ]; then echo ${version}; else echo "$0" "$@"; fi\n`;

/** An npm that notes each call and makes what it should install. */
const fakeNpm = `#!/bin/sh
echo "$3" >>"$LOG"
[ -z "\${NPM_FAILS:-}" ] || { echo "npm says no"; exit 1; }
sleep "\${NPM_SECONDS:-0}"
mkdir -p "$3/node_modules/.bin"
cp "$FAKES/node24" "$3/node_modules/.bin/node"
`;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tandem-launcher-"));
  root = join(folder, "with space", "root");
  mkdirSync(root, { recursive: true });
  copyFileSync(join(packageRoot, "tandem"), join(root, "tandem"));
  write(join(root, "package-lock.json"), "{}");
  write(join(root, "setup/node/package.json"), "{}");
  write(join(root, "setup/node/package-lock.json"), '{"pin":1}');
  write(join(folder, "fakes/npm"), fakeNpm, 0o755);
  write(join(folder, "fakes/node24"), fakeNode("v24.0.0"), 0o755);
  useNode("v24.1.0");
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const useNode = (version: string) => write(join(folder, "fakes/node"), fakeNode(version), 0o755);

const env = (more: Record<string, string> = {}) => ({
  PATH: `${join(folder, "fakes")}:/usr/bin:/bin`,
  HOME: folder,
  TANDEM_CACHE: join(folder, "cache"),
  FAKES: join(folder, "fakes"),
  LOG: join(folder, "npm-calls"),
  ...more,
});

function launch(args: string[] = [], more: Record<string, string> = {}, script = join(root, "tandem")) {
  const { status, stdout, stderr } = spawnSync(script, args, {
    env: env(more),
    encoding: "utf8",
    cwd: folder,
  });
  return { status, stdout: stdout.trim(), stderr };
}

const npmCalls = () =>
  existsSync(join(folder, "npm-calls"))
    ? readFileSync(join(folder, "npm-calls"), "utf8").trim().split("\n")
    : [];

describe("the launcher", () => {
  it("installs once, and hands its arguments over as they are", () => {
    const first = launch(["up", "a b", "$HOME"]);
    expect(first.stdout).toBe(
      `${join(folder, "fakes/node")} --disable-warning=ExperimentalWarning ${root}/ops/cli.ts up a b $HOME`,
    );
    expect(first.status).toBe(0);
    expect(npmCalls()).toEqual([root]);
    expect(launch().stderr).toBe("");
    expect(npmCalls()).toHaveLength(1);
  });

  it("installs again when the lock file changed, and not when npm was run by hand since", () => {
    launch();
    write(join(root, "package-lock.json"), '{"changed":1}');
    launch();
    expect(npmCalls()).toHaveLength(2);
    write(join(root, "package-lock.json"), '{"changed":2}');
    write(join(root, "node_modules/.package-lock.json"), "{}");
    launch();
    expect(npmCalls()).toHaveLength(2);
  });

  it("finds its folder through symbolic links, absolute and relative", () => {
    symlinkSync(join(root, "tandem"), join(folder, "absolute"));
    symlinkSync("absolute", join(folder, "relative"));
    expect(launch([], {}, join(folder, "relative")).stdout).toContain(`${root}/ops/cli.ts`);
  });

  it.each(["v22.18.0", "v23.6.0", "v24.0.0", "v30.1.2"])("uses the machine's Node %s", (version) => {
    useNode(version);
    expect(launch().stdout).toMatch(/^.*fakes\/node /);
  });

  it.each(["v20.20.2", "v22.17.9", "v23.5.0"])("brings Node 24 where the machine's is %s", (version) => {
    useNode(version);
    const { stdout, stderr } = launch();
    expect(stdout).toContain("node_modules/.bin/node");
    expect(stderr).toContain("installing Node 24");
    expect(npmCalls()).toEqual([expect.stringContaining(join(folder, "cache/node")), root]);
    launch();
    expect(npmCalls()).toHaveLength(2);
  });

  it("says what npm said when it fails, and can be run again", () => {
    const failed = launch([], { NPM_FAILS: "1" });
    expect(failed.status).toBe(1);
    expect(failed.stderr).toContain("npm says no");
    expect(launch().status).toBe(0);
  });

  it("of two runs at once one installs and the other waits", async () => {
    const start = () =>
      new Promise((resolve) => {
        spawn(join(root, "tandem"), [], { env: env({ NPM_SECONDS: "1" }) }).once("exit", resolve);
      });
    expect(await Promise.all([start(), start()])).toEqual([0, 0]);
    expect(npmCalls()).toHaveLength(1);
  });

  it.each([
    ["an installer that died", "999999999 4711\n"],
    ["one whose number belongs to a later process", `${process.pid} 1\n`],
    ["one that a loss of power has torn", ""],
  ])("takes over the lock of %s", (_, lock) => {
    write(join(folder, "cache/npm-install.lock"), lock);
    expect(launch().status).toBe(0);
    expect(npmCalls()).toHaveLength(1);
    expect(readdirSync(join(folder, "cache")).filter((name) => name.includes("lock"))).toEqual([]);
  });

  it("keeps its cache from others, and runs nothing from one that others can write", () => {
    const cache = join(folder, "cache");
    const old = process.umask(0o002);
    try {
      expect(launch().status).toBe(0);
    } finally {
      process.umask(old);
    }
    expect(statSync(cache).mode & 0o777).toBe(0o700);
    for (const mode of [0o770, 0o707]) {
      chmodSync(cache, mode);
      const { status, stderr } = launch();
      expect(status).toBe(1);
      expect(stderr).toContain(`others can write ${cache}`);
    }
    chmodSync(cache, 0o755);
    expect(launch().status).toBe(0);
    // Only root can give a folder away.
    if (process.getuid?.() !== 0) return;
    chownSync(cache, 65_534, 65_534);
    expect(launch().stderr).toContain(`${cache} belongs to another user`);
  });

  it("says what is missing", () => {
    const bare = join(folder, "bare");
    mkdirSync(bare);
    for (const tool of ["sh", "dirname", "readlink"]) {
      symlinkSync(spawnSync("which", [tool], { encoding: "utf8" }).stdout.trim(), join(bare, tool));
    }
    expect(launch([], { PATH: bare }).stderr).toContain("node is missing");
    expect(launch([], { HOME: "", TANDEM_CACHE: "" }).stderr).toContain("HOME is not set");
  });
});
