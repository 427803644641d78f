// Provider plugins in PULUMI_HOME: which are there, who made them, and how one gets in.
import { homedir } from "node:os";
import { join } from "node:path";
import { pinnedSum } from "./checksums.ts";
import { type EngineLocation, locateEngine } from "./engine-location.ts";
import { canRun, isExecutable } from "./executables.ts";
import { run } from "./run.ts";
import { readStamp, writeStamp } from "./stamps.ts";
import type { Say, SetupContext } from "./step.ts";
import { type PluginName, pluginVersion } from "./versions.ts";

/** Mark in the folder of a plugin that this package built: the key of its build. Official plugins have none. */
const markFile = ".tandem-build";

/** What is installed under a plugin's name and version. */
export type InstalledPlugin = { origin: "official" } | { origin: "built"; key: string };

function folderOf(pulumiHome: string, name: PluginName): string {
  return join(pulumiHome, "plugins", `resource-${name}-v${pluginVersion(name)}`);
}

/** Where the engine finds a plugin in its home, whether one is there or not. */
export function installedExecutable(pulumiHome: string, name: PluginName): string {
  return join(folderOf(pulumiHome, name), `pulumi-resource-${name}`);
}

/** Looks for a plugin in `PULUMI_HOME`. */
export function installedPlugin(context: SetupContext, name: PluginName): InstalledPlugin | undefined {
  const home = context.paths.pulumiHome;
  if (!canRun(installedExecutable(home, name))) return undefined;
  const key = readStamp(join(folderOf(home, name), markFile));
  return key === undefined ? { origin: "official" } : { origin: "built", key };
}

/** The official plugin in the user's usual folder, where it is there: set-up copies it instead of making one. */
export function officialPluginOfUser(context: SetupContext, name: PluginName): string | undefined {
  const usual = join(context.env.HOME || homedir(), ".pulumi");
  if (usual === context.paths.pulumiHome) return undefined;
  const file = installedExecutable(usual, name);
  const made = readStamp(join(folderOf(usual, name), markFile)) !== undefined;
  return isExecutable(file) && !made ? file : undefined;
}

function engineOf(context: SetupContext): EngineLocation {
  const located = locateEngine(context.paths, context.env);
  if (located === undefined) throw new Error("no Pulumi CLI to install plugins with");
  return located;
}

/** Puts an executable into `PULUMI_HOME` as this plugin; `key` marks it as made by this package. */
export async function installPluginFile(
  context: SetupContext,
  name: PluginName,
  file: string,
  key?: string,
): Promise<void> {
  const args = ["plugin", "install", "resource", name, pluginVersion(name), "--file", file, "--reinstall"];
  await runPulumi(context, args, name);
  if (key !== undefined) writeStamp(join(folderOf(context.paths.pulumiHome, name), markFile), key);
}

/** File name of the official plugin for this machine. */
export function pluginArchive(name: PluginName): string {
  const system = process.platform === "darwin" ? "darwin" : "linux";
  return `pulumi-resource-${name}-v${pluginVersion(name)}-${system}-${process.arch === "arm64" ? "arm64" : "amd64"}.tar.gz`;
}

/**
 * Lets the CLI download the official plugin, and compare its checksum.
 *
 * @throws where none is pinned, or it differs
 */
export async function downloadPlugin(context: SetupContext, name: PluginName, say: Say): Promise<void> {
  const sum = pinnedSum(pluginArchive(name), context.env);
  say("downloading the official plugin");
  const checksum = sum === undefined ? [] : ["--checksum", sum];
  await runPulumi(
    context,
    ["plugin", "install", "resource", name, pluginVersion(name), ...checksum],
    name,
    say,
  );
}

async function runPulumi(
  context: SetupContext,
  args: readonly string[],
  name: PluginName,
  say?: Say,
): Promise<void> {
  await run(engineOf(context).command, args, {
    log: join(context.paths.logs, `plugin-${name}.log`),
    env: { PULUMI_HOME: context.paths.pulumiHome, PULUMI_SKIP_UPDATE_CHECK: "true" },
    ...(say === undefined ? {} : { onLine: (line: string) => say(line.slice(0, 90)) }),
  });
}
