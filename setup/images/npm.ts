// npm on this machine: installs a locked set of packages, and tells builds in containers how it reaches its registry.
import { existsSync } from "node:fs";
import { execa } from "execa";
import type { Environ } from "../paths.ts";
import { run } from "../run.ts";

const publicRegistry = "https://registry.npmjs.org/";

/** How npm inside a build reaches the registry. */
export interface RegistryAccess {
  /** Only where this machine uses another registry than npm's own. */
  registry?: string;
  /** File with certificates that this machine trusts beyond the usual ones. */
  certificates?: string;
}

/** Installs what the lock file of `folder` names, without running install scripts. @throws with npm's last lines */
export async function installLocked(folder: string, log: string): Promise<void> {
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund"];
  try {
    // A lock file's packages never change: what npm's cache has needn't be asked about.
    await run("npm", ["ci", "--prefer-offline", ...flags], { cwd: folder, log });
  } catch {
    // The cache may be older than the lock file.
    await run("npm", ["ci", ...flags], { cwd: folder, log });
  }
}

/** This machine's way to the registry. A registry with credentials in its URL is not passed on. */
export async function registryAccess(env: Environ): Promise<RegistryAccess> {
  const access: RegistryAccess = {};
  const { stdout } = await execa("npm", ["config", "get", "registry"], { stdin: "ignore" });
  const registry = stdout.trim();
  if (registry !== "" && registry !== publicRegistry && !/\/\/[^/]*@/.test(registry))
    access.registry = registry;
  const certificates = env.NODE_EXTRA_CA_CERTS ?? env.npm_config_cafile;
  if (certificates && existsSync(certificates)) access.certificates = certificates;
  return access;
}
