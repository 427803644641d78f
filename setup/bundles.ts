// The TypeScript programs that are bundled into executables. They lie in a folder named by what they are made from: two
// versions of this package that share a cache never replace what the other one has running.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { clearBundles } from "./bundles-clearing.ts";
import { canRun } from "./executables.ts";
import { startedBy } from "./interpreter.ts";
import { isInstalled, type Paths, packageRoot } from "./paths.ts";
import { hashOfFiles, sourcesBelow } from "./stamps.ts";

/** What is bundled: the executable's name, and where its program begins. */
export const bundled = {
  "pulumi-resource-tandem": "provider/main.ts",
  "tandem-plugins": "ops/engine/plugins/main.ts",
  "pulumi-analyzer-tandem": "policies/main.ts",
  "pulumi-language-nodejs": "standins/language-host/main.ts",
  "pulumi-resource-random": "standins/providers/random/main.ts",
  "pulumi-resource-postgresql": "standins/providers/postgresql/main.ts",
  "pulumi-resource-cloudflare": "standins/providers/cloudflare/main.ts",
} as const;

/** Name of a bundle. */
export type BundleName = keyof typeof bundled;

/** Bundles that the npm package brings, and the file among them that names what they were made from. */
const prebuilt = join(packageRoot, "bundles");
const KEY_FILE = "key";

/** Folders that a bundle may take its code from; a change in any of them makes all bundles anew (0.3 s each). */
const sources = [
  "provider",
  "plugin",
  "lib",
  "standins/language-host",
  "standins/providers",
  "components",
  "policies",
  "ops/engine/plugins",
];

let sourcesKey: string | undefined;

/**
 * Folder of the bundles of this version of the package, named by a hash of all that goes into them. The Node that made
 * them is no part of it: a bundle names the Node that runs it, and stays good under another one as long as that is there.
 */
export function bundlesFolder(paths: Paths): string {
  sourcesKey ??= isInstalled ? readFileSync(join(prebuilt, KEY_FILE), "utf8") : keyOfSources();
  return join(paths.bundles, sourcesKey);
}

function keyOfSources(): string {
  return hashOfFiles([
    ...sourcesBelow(sources),
    "setup/bundle.ts",
    "setup/bundles.ts",
    "setup/interpreter.ts",
    "package-lock.json",
  ]);
}

/** Is the bundle there and can it run? Looking counts as use: what is used is not cleared away. */
export function bundleIsCurrent(paths: Paths, name: BundleName): boolean {
  const folder = bundlesFolder(paths);
  if (!canRun(join(folder, name))) return false;
  const now = new Date();
  utimesSync(folder, now, now);
  return true;
}

/** Makes a bundle, which appears whole or not at all, and clears away those of versions that nobody used for long. */
export async function makeBundle(paths: Paths, name: BundleName): Promise<void> {
  const folder = bundlesFolder(paths);
  if (!existsSync(folder)) {
    mkdirSync(folder, { recursive: true });
    markAsCommonJs(folder);
    clearBundles(paths.bundles);
  }
  const draft = join(folder, `${name}.${process.pid}.new`);
  if (isInstalled) copyPrebuilt(name, folder, draft);
  else {
    // Loaded here only: the bundler takes 50 ms to load, and most runs need no bundle.
    const { bundle } = await import("./bundle.ts");
    await bundle(join(packageRoot, bundled[name]), draft);
  }
  renameSync(draft, join(folder, name));
}

/** A bundle of the npm package as one of this machine's: the Node that runs this function starts it. */
function copyPrebuilt(name: BundleName, folder: string, draft: string): void {
  for (const file of readdirSync(prebuilt).filter((entry) => entry.endsWith(".wasm"))) {
    const copy = join(folder, `${file}.${process.pid}.${name}.new`);
    copyFileSync(join(prebuilt, file), copy);
    renameSync(copy, join(folder, file));
  }
  const program = readFileSync(join(prebuilt, name), "utf8");
  writeFileSync(draft, `${startedBy(process.execPath)}\n${program}`, { mode: 0o755 });
}

/** Makes all bundles for the npm package; any Node from `oldest` on runs them. */
export async function makePrebuilt(folder: string, oldest: string): Promise<void> {
  const { bundle } = await import("./bundle.ts");
  for (const [name, entry] of Object.entries(bundled)) {
    await bundle(join(packageRoot, entry), join(folder, name), oldest);
  }
  writeFileSync(join(folder, KEY_FILE), keyOfSources());
  markAsCommonJs(folder);
}

/** Below a package of ES modules, such as somebody's home, a file without an extension would be taken for one. */
export function markAsCommonJs(folder: string): void {
  writeFileSync(join(folder, "package.json"), '{ "type": "commonjs" }\n');
}
