// Versions of the engine and the plugins: those of the SDKs in package.json, so that the two can't drift apart.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "./paths.ts";

/** Providers that set-up installs as plugins. */
export const pluginNames = ["docker", "random", "postgresql", "cloudflare"] as const;

/** Name of a provider plugin. */
export type PluginName = (typeof pluginNames)[number];

/** The oldest CLI that is used untouched: from here on a previewed refresh takes no lock on a `file://` backend. */
export const oldestEngine = "3.229.0";

/** The newest CLI major version that the SDK speaks with. */
export const engineMajor = 3;

interface PackageJson {
  dependencies: Record<string, string>;
}

let dependencies: Record<string, string> | undefined;

function pinned(name: string): string {
  if (dependencies === undefined) {
    const text = readFileSync(join(packageRoot, "package.json"), "utf8");
    dependencies = (JSON.parse(text) as PackageJson).dependencies;
  }
  const version = dependencies[name];
  if (version === undefined || !/^\d+\.\d+\.\d+$/.test(version)) {
    throw new Error(
      `package.json: dependencies["${name}"] must be one exact version, found ${version ?? "nothing"}`,
    );
  }
  return version;
}

/** Version of the Pulumi CLI that set-up brings, without a leading `v`. */
export function engineVersion(): string {
  return pinned("@pulumi/pulumi");
}

/** Version of a provider plugin, without a leading `v`. */
export function pluginVersion(name: PluginName): string {
  return pinned(`@pulumi/${name}`);
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
