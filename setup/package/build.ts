// `npm pack` and `npm publish` run this before and after: the npm package is JavaScript, since Node strips no types below
// node_modules, and in a checkout nothing is built. Before, `dist/` is made and package.json names what is in it; after,
// both are as they were.
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { makePrebuilt } from "../bundles.ts";
import { appRevision } from "../images/app.ts";
import { REVISION_FILE } from "../images/catalog.ts";
import { packageRoot } from "../paths.ts";
import { assets, isAsset } from "./assets.ts";
import { forPackage, type Manifest, oldestNode } from "./manifest.ts";
import { pulumiTemplate } from "./template.ts";

const dist = join(packageRoot, "dist");
const manifestFile = join(packageRoot, "package.json");
/** The checkout's package.json, while the other one is in its place. */
const kept = join(packageRoot, "package.json.source");

function restore(): void {
  if (existsSync(kept)) renameSync(kept, manifestFile);
  rmSync(dist, { recursive: true, force: true });
}

/** Names in declarations what lies there, for compilers that know no other endings. */
function nameDeclarations(): void {
  for (const name of readdirSync(dist, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".d.ts")) continue;
    const file = join(dist, name);
    writeFileSync(file, readFileSync(file, "utf8").replaceAll(/(["']\.{1,2}\/[^"']+)\.ts(["'])/g, "$1.js$2"));
  }
}

async function build(): Promise<void> {
  restore();
  const manifest = JSON.parse(readFileSync(manifestFile, "utf8")) as Manifest;
  const tsc = join(packageRoot, "node_modules/typescript/bin/tsc");
  // Types are a check of their own, and a third of the time.
  execFileSync(process.execPath, [tsc, "--project", "tsconfig.build.json", "--noCheck"], {
    cwd: packageRoot,
    stdio: ["ignore", 2, 2],
  });
  nameDeclarations();
  for (const asset of assets) {
    const filter = (path: string) => isAsset(path.slice(packageRoot.length));
    cpSync(join(packageRoot, asset), join(dist, asset), { recursive: true, filter });
  }
  mkdirSync(join(dist, "template"));
  for (const [file, text] of pulumiTemplate()) writeFileSync(join(dist, "template", file), text);
  // Outside this checkout's git nothing else says it.
  writeFileSync(join(dist, REVISION_FILE), `${appRevision()}\n`);
  await makePrebuilt(join(dist, "bundles"), oldestNode(manifest));
  renameSync(manifestFile, kept);
  writeFileSync(manifestFile, `${JSON.stringify(forPackage(manifest), null, 2)}\n`);
}

if (process.argv[2] === "--restore") restore();
else {
  try {
    await build();
  } catch (error) {
    restore();
    throw error;
  }
}
