// `npm run plugin-archive [folder]`: the provider as `pulumi plugin install resource tandem <version> --file` takes it, for
// projects that don't name a folder for it. The same archive for every system that has Node.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { bundle } from "../bundle.ts";
import { bundled, markAsCommonJs } from "../bundles.ts";
import { packageRoot } from "../paths.ts";
import { type Manifest, oldestNode } from "./manifest.ts";

const NAME = "pulumi-resource-tandem";

const manifest = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as Manifest;
const archive = resolve(process.argv[2] ?? ".", `${NAME}-v${manifest.version}.tar.gz`);
const folder = mkdtempSync(join(tmpdir(), "tandem-plugin-"));
try {
  const program = join(folder, NAME);
  await bundle(join(packageRoot, bundled[NAME]), program, oldestNode(manifest));
  // Not the Node of the machine that made it.
  writeFileSync(program, `#!/usr/bin/env node\n${readFileSync(program, "utf8")}`);
  markAsCommonJs(folder);
  execFileSync("tar", ["-czf", archive, "-C", folder, "."]);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.stdout.write(`${archive}\n`);
