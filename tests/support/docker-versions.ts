// Other versions of Docker than this machine's: each in a small Debian of its own, made once from Debian's packages.
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { machineMirror, proxyVariables } from "../../setup/images/mirror.ts";
import { resolvePaths } from "../../setup/paths.ts";

/** Releases of Debian, by the version of Docker that they have. */
export const DOCKER_RELEASES = { "26.1": "trixie", "28.5": "sid" } as const;

/** A version of Docker that can be had besides this machine's own. */
export type OtherDocker = keyof typeof DOCKER_RELEASES;

/** What a daemon needs. The client is in a package of its own since Debian 13. */
const PACKAGES = ["docker.io", "docker-cli", "iptables", "iproute2"];

/** The root folder of a Debian with that version; made at the first call, which takes a minute or two. */
export async function dockerRoot(version: OtherDocker): Promise<string> {
  const release = DOCKER_RELEASES[version];
  const root = join(resolvePaths().cache, "dockers", release);
  if (existsSync(root)) return root;
  const half = `${root}.${process.pid}`;
  mkdirSync(half, { recursive: true });
  const env = { ...proxyVariables(process.env), LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive" };
  try {
    await execa("debootstrap", ["--variant=minbase", release, half, machineMirror().main], { env });
    // Nothing may start in it by itself.
    writeFileSync(join(half, "usr/sbin/policy-rc.d"), "#!/bin/sh\nexit 101\n", { mode: 0o755 });
    const install = ["apt-get", "install", "-y", "--no-install-recommends", ...PACKAGES];
    await execa("chroot", [half, ...install], { env });
    await execa("mv", ["--no-target-directory", half, root]);
  } catch (error) {
    rmSync(half, { recursive: true, force: true });
    throw error;
  }
  return root;
}

/**
 * Shell commands that make `root` the root of the mount namespace that they run in, with this machine's devices and with
 * `folder` at its own place. It is a pivot: in a plain chroot a daemon can load no image.
 */
export function enterRoot(root: string, folder: string): string {
  const inside = (path: string) => `'${root}${path}'`;
  return [
    `mount --bind '${root}' '${root}'`,
    `cd '${root}'`,
    `mount -t proc proc ${inside("/proc")}`,
    `mount --rbind /sys ${inside("/sys")}`,
    `mount --rbind /dev ${inside("/dev")}`,
    ...["/tmp", "/run"].map((path) => `mount -t tmpfs tmpfs ${inside(path)}`),
    `mkdir -p ${inside(folder)} ${inside("/run/containerd")} ${inside("/run/docker")}`,
    `mount --bind '${folder}' ${inside(folder)}`,
    "pivot_root . .",
    "umount -l .",
    "cd /",
  ].join(" && ");
}
