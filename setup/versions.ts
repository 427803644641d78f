// Versions of the engine and the plugins: those of the SDKs, so that the two can't drift apart.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { packageFolder } from "./paths.ts";

/** Providers that set-up installs as plugins. */
export const pluginNames = ["docker", "random", "postgresql", "cloudflare"] as const;

/** Name of a provider plugin. */
export type PluginName = (typeof pluginNames)[number];

/** The oldest CLI that is used untouched: from here on a previewed refresh takes no lock on a `file://` backend. */
export const oldestEngine = "3.229.0";

/** The newest CLI major version that the SDK speaks with. */
export const engineMajor = 3;

interface PackageJson {
  version: string;
  devDependencies: Record<string, string>;
}

const load = createRequire(import.meta.url);

/**
 * Version of the Pulumi CLI that set-up brings, without a leading `v`: the one whose checksums and Go module are known
 * here. A user's SDK may be newer.
 */
export function engineVersion(): string {
  const text = readFileSync(join(packageFolder, "package.json"), "utf8");
  const version = (JSON.parse(text) as PackageJson).devDependencies["@pulumi/pulumi"];
  if (version === undefined || !/^\d+\.\d+\.\d+$/.test(version)) {
    throw new Error(
      `package.json: devDependencies["@pulumi/pulumi"] must be one exact version, found ${version ?? "nothing"}`,
    );
  }
  return version;
}

/**
 * Version of a provider plugin, without a leading `v`: that of the installed SDK, which asks the engine for its own.
 *
 * @throws where the SDK is not installed
 */
export function pluginVersion(name: PluginName): string {
  return (load(`@pulumi/${name}/package.json`) as PackageJson).version;
}

/** Compares two `x.y.z` versions by number; anything after the patch number is ignored. */
export function compareVersions(a: string, b: string): number {
  const parse = (version: string) => version.replace(/^v/, "").split(/[.+-]/, 3).map(Number);
  const left = parse(a);
  const right = parse(b);
  for (let part = 0; part < 3; part++) {
    const difference = (left[part] ?? 0) - (right[part] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Can this CLI run the program? Same major version, and not older than `oldestEngine`. */
export function engineIsCompatible(version: string): boolean {
  return (
    compareVersions(version, oldestEngine) >= 0 && version.replace(/^v/, "").startsWith(`${engineMajor}.`)
  );
}
