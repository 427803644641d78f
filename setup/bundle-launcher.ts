// What lies where the engine looks for a plugin that is bundled: a script that hands over to the bundle of the version of
// this package that started the engine. The script itself is the same for all versions.
import { chmodSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { BundleName } from "./bundles.ts";
import type { Paths } from "./paths.ts";

/** A word of a shell's command line, whatever it holds. */
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** Text of the script. Without `TANDEM_BUNDLES`, as where a user names this PULUMI_HOME by hand, it takes the bundle used last. */
export function launcherOf(paths: Paths, name: BundleName): string {
  return `#!/bin/sh
# Hands over to the bundle of the version of Tandem that runs the engine.
bundles=\${TANDEM_BUNDLES:-$(ls -td ${quoted(paths.bundles)}/*/ 2>/dev/null | head -n 1)}
if [ -x "$bundles/${name}" ]; then
	exec "$bundles/${name}" "$@"
fi
echo "${name} is not in '$bundles': run \\\`./tandem setup\\\`, then \\\`eval \\"\\$(./tandem env)\\"\\\` in this shell" >&2
exit 1
`;
}

/** Does the file hold the bundle's script? */
export function hasLauncher(paths: Paths, name: BundleName, file: string): boolean {
  try {
    const launcher = launcherOf(paths, name);
    // An official plugin in its place has many megabytes.
    return statSync(file).size === Buffer.byteLength(launcher) && readFileSync(file, "utf8") === launcher;
  } catch {
    return false;
  }
}

/** Writes the script, which appears whole or not at all. */
export function writeLauncher(paths: Paths, name: BundleName, file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}.new`;
  writeFileSync(draft, launcherOf(paths, name));
  chmodSync(draft, 0o755);
  renameSync(draft, file);
}
