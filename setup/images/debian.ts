// The base of all stand-ins: a minimal Debian made from its packages, shaped like the official debian:…-slim image.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { aptObstacle, installPackages } from "../apt.ts";
import { findOnPath } from "../executables.ts";
import { run } from "../run.ts";
import type { Say, SetupContext } from "../step.ts";
import { type Engine, importImage } from "./engine.ts";
import { sourceHashLabel } from "./labels.ts";
import { type Mirror, machineMirror, proxyVariables } from "./mirror.ts";
import { sourceHash } from "./source-hash.ts";

/** Debian 13. */
const suite = "trixie";

/** Reference of the base image. */
export const baseReference = `tandem/debian:${suite}`;

/** Keys that sign Debian's archive. */
const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** What is not kept of a package; licences are. */
const leftOut = ["doc", "man", "info", "locale", "lintian", "groff", "linda"];

/** Files that make package managers behave in a container: nothing starts, nothing superfluous stays. */
const settings: Readonly<Record<string, string>> = {
  "etc/apt/apt.conf.d/tandem": [
    'APT::Install-Recommends "false";',
    'APT::Install-Suggests "false";',
    'Acquire::Languages "none";',
    'Acquire::GzipIndexes "true";',
    'Acquire::Retries "3";',
    'APT::AutoRemove::SuggestsImportant "false";',
    'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };',
  ].join("\n"),
  "etc/dpkg/dpkg.cfg.d/tandem": [
    "force-unsafe-io",
    ...leftOut.map((name) => `path-exclude /usr/share/${name}/*`),
    "path-include /usr/share/doc/*/copyright",
  ].join("\n"),
  "usr/sbin/policy-rc.d": "#!/bin/sh\nexit 101",
};

/** Hash of the recipe: another one means that the base must be made again. */
export const baseHash = sourceHash("", [], [suite, JSON.stringify(leftOut), JSON.stringify(settings)]);

/** Why this machine can't make the base image; undefined when it can. */
export function baseObstacle(): string | undefined {
  const obstacle = aptObstacle();
  return obstacle === undefined
    ? undefined
    : `making Debian images needs root on Debian or Ubuntu: ${obstacle}`;
}

/**
 * Makes the base image from Debian's packages; takes half a minute.
 *
 * @throws when this machine can't do it, or the packages can't be had
 */
export async function makeBase(engine: SetupContext, say: Say): Promise<void> {
  const obstacle = baseObstacle();
  if (obstacle !== undefined) throw new Error(obstacle);
  if (
    ["debootstrap", "gpgv"].some((name) => findOnPath(name, engine.env).length === 0) ||
    !existsSync(keyring)
  ) {
    await installPackages(engine.paths, ["debootstrap", "debian-archive-keyring", "gpgv"], say);
  }
  mkdirSync(engine.paths.cache, { recursive: true });
  const folder = mkdtempSync(join(engine.paths.cache, "debian-"));
  try {
    const root = join(folder, "root");
    await bootstrap(engine, root, say);
    await slim(root, engine);
    say(`import ${baseReference}`);
    const tar = join(folder, "root.tar");
    const log = join(engine.paths.logs, "images.log");
    await run("tar", ["--numeric-owner", "-C", root, "-cf", tar, "."], { log });
    const changes = ['CMD ["bash"]', `LABEL ${sourceHashLabel}=${baseHash}`];
    await importImage(engine, tar, baseReference, changes);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Arguments of debootstrap, which makes the base in the folder `root` from an archive's `mirror`. */
export function debootstrapArguments(root: string, mirror: string): string[] {
  // A debootstrap that is older than the release doesn't know its name; its newest procedure fits all the same.
  const scripts = "/usr/share/debootstrap/scripts";
  const script = existsSync(join(scripts, suite)) ? [] : [join(scripts, "sid")];
  // Without the two it warns and goes on where it can't check the archive's signature.
  const signed = ["--force-check-gpg", `--keyring=${keyring}`];
  return [...signed, "--variant=minbase", "--include=ca-certificates", suite, root, mirror, ...script];
}

async function bootstrap(engine: Engine, root: string, say: Say): Promise<void> {
  const mirror = machineMirror();
  say(`debootstrap ${suite} from ${mirror.main}`);
  await run("debootstrap", debootstrapArguments(root, mirror.main), {
    log: join(engine.paths.logs, "images.log"),
    env: { ...proxyVariables(engine.env), LC_ALL: "C" },
    onLine: (line) => {
      if (line.startsWith("I: ")) say(`debootstrap: ${line.slice(3)}`);
    },
  });
  // Its log, and names and addresses of this machine, are no part of an image.
  for (const name of [
    "etc/hostname",
    "etc/resolv.conf",
    "etc/apt/sources.list",
    "var/log",
    "var/cache/apt",
  ]) {
    rmSync(join(root, name), { recursive: true, force: true });
  }
  for (const name of ["var/log/apt", "var/cache/apt/archives/partial"]) {
    mkdirSync(join(root, name), { recursive: true });
  }
  writeFileSync(join(root, "etc/apt/sources.list.d/debian.sources"), sources(mirror));
}

function sources(mirror: Mirror): string {
  const entry = (url: string, suites: string) =>
    ["Types: deb", `URIs: ${url}`, `Suites: ${suites}`, "Components: main", `Signed-By: ${keyring}`].join(
      "\n",
    );
  return `${entry(mirror.main, `${suite} ${suite}-updates`)}\n\n${entry(mirror.security, `${suite}-security`)}\n`;
}

/** Removes what `settings` keeps out of later installs, so that the base and its layers agree. */
async function slim(root: string, engine: Engine): Promise<void> {
  for (const [name, text] of Object.entries(settings)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), `${text}\n`, { mode: name.includes("sbin/") ? 0o755 : 0o644 });
  }
  for (const name of leftOut.filter((each) => each !== "doc")) {
    rmSync(join(root, "usr/share", name), { recursive: true, force: true });
  }
  const docs = [join(root, "usr/share/doc"), "-type", "f", "-not", "-name", "copyright", "-delete"];
  await run("find", docs, { log: join(engine.paths.logs, "images.log") });
  rmSync(join(root, "var/lib/apt/lists"), { recursive: true, force: true });
  mkdirSync(join(root, "var/lib/apt/lists/partial"), { recursive: true });
}
