// Installs Debian packages: only as root on Debian and its children, waiting for other package managers.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import pRetry from "p-retry";
import { findOnPath } from "./executables.ts";
import type { Environ, Paths } from "./paths.ts";
import { run } from "./run.ts";
import type { Say } from "./step.ts";

/** Seconds to wait for a package manager that runs already. */
const lockTimeoutSeconds = 300;

/** Can this process install packages here, and if not, why not? */
export function aptObstacle(env: Environ = process.env): string | undefined {
  let release = "";
  try {
    release = readFileSync("/etc/os-release", "utf8");
  } catch {
    // Not a Linux with os-release: not Debian.
  }
  const family = [...release.matchAll(/^(?:ID|ID_LIKE)="?([^"\n]*)"?$/gm)].flatMap((match) =>
    (match[1] ?? "").split(" "),
  );
  if (!family.includes("debian") && !family.includes("ubuntu")) return "this is not Debian or Ubuntu";
  if (findOnPath("apt-get", env).length === 0) return "apt-get is missing";
  if (process.getuid?.() !== 0) return "this needs root";
  return undefined;
}

function hasCandidate(name: string): boolean {
  try {
    const policy = execFileSync("apt-cache", ["policy", name], {
      encoding: "utf8",
      env: { ...process.env, LC_ALL: "C" },
    });
    return /^\s*Candidate: (?!\(none\))/m.test(policy);
  } catch {
    return false;
  }
}

/** Steps of one set-up run side by side; the package manager serves one of them at a time. */
let lastInstall: Promise<void> = Promise.resolve();

/**
 * Installs packages. The package lists are fetched only where they lack one of them, or are too old to be served.
 *
 * @param names packages that must be installed
 * @param optional packages that are installed where this release has them
 * @throws when apt-get fails: its last lines and the log.
 */
export async function installPackages(
  paths: Paths,
  names: readonly string[],
  say: Say,
  optional: readonly string[] = [],
): Promise<void> {
  const turn = lastInstall.then(() => install(paths, names, say, optional));
  lastInstall = turn.catch(() => undefined);
  await turn;
}

async function install(
  paths: Paths,
  names: readonly string[],
  say: Say,
  optional: readonly string[],
): Promise<void> {
  const options = {
    log: join(paths.logs, "apt.log"),
    env: { DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" },
    onLine: (line: string) => {
      if (/^(Get|Selecting|Unpacking|Setting up|Waiting for cache lock)/.test(line)) say(line.slice(0, 90));
    },
  };
  const common = ["-q", "-o", `DPkg::Lock::Timeout=${lockTimeoutSeconds}`];
  const update = async () => {
    say("apt-get update");
    // Its lock on the lists knows no time-out of its own.
    await pRetry(() => run("apt-get", [...common, "update"], options), {
      retries: lockTimeoutSeconds / 5,
      factor: 1,
      minTimeout: 5000,
      shouldRetry: ({ error }) => /Could not get lock/.test(error.message),
    });
  };
  const installAll = async () => {
    const all = [...names, ...optional.filter(hasCandidate)];
    say(`apt-get install ${all.join(" ")}`);
    await run("apt-get", [...common, "install", "-y", "--no-install-recommends", ...all], options);
  };
  if (!names.every(hasCandidate)) {
    await update();
    await installAll();
    return;
  }
  try {
    await installAll();
  } catch (error) {
    if (!/404|Unable to fetch|Unable to locate|no longer|Hash Sum/i.test(String(error))) throw error;
    // The lists name versions that the mirror has replaced since.
    await update();
    await installAll();
  }
}
