// Finds the Pulumi CLI to run: the machine's own where it is complete and compatible, else the one set-up installed.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { findOnPath, isExecutable } from "./executables.ts";
import type { Environ, Paths } from "./paths.ts";
import { engineIsCompatible, engineVersion } from "./versions.ts";

/** Where a part of the tool chain came from. */
export type Origin = "machine" | "download" | "built";

/** A Pulumi CLI that can run the program. */
export interface EngineLocation {
  /** Absolute path of the `pulumi` executable. */
  command: string;
  /** Folder that holds it, and the language host. */
  directory: string;
  /** Its version, without a leading `v`. */
  version: string;
  /** Who brought it. Only `built` needs the language host and the providers of this package. */
  origin: Origin;
}

/** File in an installed engine's folder that says how it came there. Written last: without it the folder is unfinished. */
export const originFile = ".origin";

/** Folder into which set-up installs the engine. */
export function installedEngineDirectory(paths: Paths): string {
  return join(paths.tools, `pulumi-${engineVersion()}`);
}

/** Asks a CLI for its version once per file (by path, size and time of change): each question costs 0.2 s. */
function versionOf(command: string, paths: Paths): string | undefined {
  const { size, mtimeMs } = statSync(command);
  const key = `${command} ${size} ${mtimeMs}`;
  const record = join(paths.stamps, "engine-version.json");
  try {
    const known = JSON.parse(readFileSync(record, "utf8")) as { key?: string; version?: string };
    if (known.key === key) return known.version;
  } catch {
    // No record yet, or a torn one: ask again.
  }
  try {
    const answer = execFileSync(command, ["version"], {
      encoding: "utf8",
      timeout: 30_000,
      stdio: ["ignore", "pipe", "ignore"],
      env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" },
    });
    const version = answer.trim().replace(/^v/, "");
    mkdirSync(paths.stamps, { recursive: true });
    writeFileSync(record, JSON.stringify({ key, version }));
    return version;
  } catch {
    // A CLI that can't say its version can't run a program either.
    return undefined;
  }
}

/** A CLI on `$PATH` that is passed over, and why: for the set-up report. */
export interface RejectedEngine {
  command: string;
  reason: string;
}

/** The machine's own CLI, or the reason why the one on `$PATH` is not used. */
export function machineEngine(
  paths: Paths,
  env: Environ = process.env,
): { found?: EngineLocation; rejected: RejectedEngine[] } {
  const rejected: RejectedEngine[] = [];
  for (const command of findOnPath("pulumi", env, paths.cache)) {
    const directory = dirname(realpathSync(command));
    const host = join(directory, "pulumi-language-nodejs");
    if (!isExecutable(host) && findOnPath("pulumi-language-nodejs", env, paths.cache).length === 0) {
      rejected.push({ command, reason: "it has no Node language host (pulumi-language-nodejs) beside it" });
      continue;
    }
    const version = versionOf(command, paths);
    if (version === undefined) {
      rejected.push({ command, reason: "`pulumi version` fails" });
      continue;
    }
    if (!engineIsCompatible(version)) {
      rejected.push({ command, reason: `version ${version} does not fit @pulumi/pulumi ${engineVersion()}` });
      continue;
    }
    return { found: { command, directory, version, origin: "machine" }, rejected };
  }
  return { rejected };
}

/** The engine that set-up installed, where it is complete. */
export function installedEngine(paths: Paths): EngineLocation | undefined {
  const directory = installedEngineDirectory(paths);
  const command = join(directory, "pulumi");
  try {
    const origin = readFileSync(join(directory, originFile), "utf8").trim();
    if (origin !== "download" && origin !== "built") return undefined;
    if (!isExecutable(command)) return undefined;
    return { command, directory, version: engineVersion(), origin };
  } catch {
    return undefined;
  }
}

/** The CLI that every command runs; undefined where set-up has yet to bring one. */
export function locateEngine(paths: Paths, env: Environ = process.env): EngineLocation | undefined {
  return machineEngine(paths, env).found ?? installedEngine(paths);
}
