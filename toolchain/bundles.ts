// The TypeScript programs that are bundled into executables: what they are made from, and whether they are current.
import { mkdirSync, renameSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { canRun } from "./executables.ts";
import { type Paths, packageRoot } from "./paths.ts";
import { hashOf, hashOfFiles, readStamp, sourcesBelow, writeStamp } from "./stamps.ts";

/** Folders that a bundle may take its code from; a change in any of them makes all bundles anew (0.3 s each). */
const sources = [
  "provider",
  "lib",
  "toolchain/language-host",
  "toolchain/providers",
  "components",
  "policies",
];

let sourcesKey: string | undefined;

/**
 * Hash of everything that goes into a bundle of `entry`. The Node that made it is no part: a bundle names the Node that
 * runs it, and stays good under another one as long as that is there.
 */
export function bundleKey(entry: string): string {
  sourcesKey ??= hashOfFiles([
    ...sourcesBelow(sources),
    "toolchain/bundle.ts",
    "toolchain/interpreter.ts",
    "package-lock.json",
  ]);
  return hashOf(entry, sourcesKey);
}

function stampFile(paths: Paths, outfile: string): string {
  return join(paths.stamps, `bundle-${basename(outfile)}`);
}

/** Is `outfile` a bundle of `entry` as it is now? */
export function bundleIsCurrent(paths: Paths, entry: string, outfile: string): boolean {
  return canRun(outfile) && readStamp(stampFile(paths, outfile)) === bundleKey(entry);
}

/** Bundles `entry` (from this package's root) into the executable `outfile`, which appears whole or not at all. */
export async function makeBundle(paths: Paths, entry: string, outfile: string): Promise<void> {
  // Loaded here only: the bundler takes 50 ms to load, and most runs need no bundle.
  const { bundle } = await import("./bundle.ts");
  const key = bundleKey(entry);
  mkdirSync(dirname(outfile), { recursive: true });
  const draft = `${outfile}.new`;
  await bundle(join(packageRoot, entry), draft);
  renameSync(draft, outfile);
  writeStamp(stampFile(paths, outfile), key);
}
