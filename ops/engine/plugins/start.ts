// Starts this package's own providers and policy pack while the settings are still being checked, for the engine to attach to: each would
// cost its two runs some 0.1 s of waiting in a row, at the preview and again at the update. Whatever is not ready, or not
// ours, the engine starts by itself.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { hasLauncher } from "../../../setup/bundle-launcher.ts";
import { bundlesFolder } from "../../../setup/bundles.ts";
import { canRun } from "../../../setup/executables.ts";
import type { Paths } from "../../../setup/paths.ts";
import { installedExecutable } from "../../../setup/plugins.ts";
import { onEngine } from "../engine-introduction.ts";
import { lowerPriority } from "../engine-priority.ts";

/** By which the engine is told of running providers: `name:port`, comma-separated. Documented for debugging them. */
const VARIABLE = "PULUMI_DEBUG_PROVIDERS";
/** The policy pack among them, and by which its executable is told of the one that runs. */
const POLICIES = "policies";
const POLICIES_VARIABLE = "TANDEM_POLICIES_PORT";
/** Installed ones that nearly every stack has; the others start when the engine needs them. */
const INSTALLED = ["random", "postgresql"] as const;
/** Plugins that take longer than this to tell their ports are left out. In milliseconds. */
const PATIENCE_MS = 5_000;

/** Resolves with the ports that it printed, `name:port`; empty where nothing runs. */
let started: Promise<string[]> | undefined;

/** Would the engine start this package's bundle under this name? An official plugin is the engine's own matter. */
function isOurs(paths: Paths, name: (typeof INSTALLED)[number]): boolean {
  return hasLauncher(paths, `pulumi-resource-${name}`, installedExecutable(paths.pulumiHome, name));
}

/**
 * Starts the plugins, unless that was done already or they are not bundled yet; returns at once. They end with this
 * process, or with the engine that outlives it.
 *
 * @param folder working folder: the program's, as under the engine
 * @param variables the engine's, which it would hand on
 */
export function startPlugins(
  paths: Paths,
  folder: string,
  variables: Readonly<Record<string, string>>,
): void {
  // Who attaches providers of their own is debugging: nothing else shall be attached.
  if (started !== undefined || process.env[VARIABLE] !== undefined) return;
  // Elsewhere nothing tells who calls, and they would serve every process of the machine.
  if (process.platform !== "linux") return;
  const file = join(bundlesFolder(paths), "tandem-plugins");
  if (!canRun(file)) return;
  // In a process group of its own, as under the engine: a Ctrl-C is the engine's to answer.
  const child = spawn(file, [POLICIES, "tandem", ...INSTALLED.filter((name) => isOurs(paths, name))], {
    cwd: folder,
    env: { ...process.env, ...variables },
    stdio: ["pipe", "pipe", "inherit"],
    detached: true,
  });
  lowerPriority(child.pid);
  process.once("exit", () => child.kill());
  // Whom to serve: they turn everybody else away. One that has ended hears nothing any more.
  child.stdin.on("error", () => {});
  (child.stdin as Socket).unref();
  onEngine((pid) => child.stdin.write(`${pid}\n`));
  started = portsOf(child, child.stdout as Socket);
  // One that ended is offered no more: the engine then starts its own.
  child.once("exit", () => {
    started = Promise.resolve([]);
  });
}

/** Variables that tell the engine of the plugins that run; waits for those that are just starting. */
export async function attachedPlugins(): Promise<Record<string, string>> {
  // Nothing of the child keeps this process alive, so that a command which fails ends at once; here it is waited for.
  const hold = setInterval(() => {}, PATIENCE_MS);
  const ports = await (started ?? []);
  clearInterval(hold);
  const policies = ports.find((entry) => entry.startsWith(`${POLICIES}:`));
  if (policies === undefined) return { [POLICIES_VARIABLE]: "" };
  return {
    [VARIABLE]: ports.filter((entry) => entry !== policies).join(","),
    [POLICIES_VARIABLE]: policies.slice(POLICIES.length + 1),
  };
}

/** The first line that the process prints; empty where it prints none in time, and is ended then. */
async function portsOf(child: ChildProcess, stdout: Socket): Promise<string[]> {
  child.unref();
  stdout.unref();
  const printed = once(stdout, "data").then(String);
  const ended = once(child, "exit").then(() => "");
  const line = await Promise.race([printed, ended, sleep(PATIENCE_MS, "", { ref: false })]).catch(() => "");
  stdout.resume();
  if (line === "") child.kill();
  return line
    .trim()
    .split(",")
    .filter((entry) => entry !== "");
}
