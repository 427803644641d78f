// Bundles a language host or provider into one executable file, so that it starts without reading hundreds.
import { chmod, copyFile, rename } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { build } from "esbuild";
import { startedBy } from "./interpreter.ts";

/**
 * Bundles the program at `entry` into the executable `outfile`: CommonJS, since a file without an extension is
 * taken for that. Errors of the bundler are thrown as they are.
 *
 * @param oldest oldest Node that is to run it, for a bundle that names none. @default the Node that runs this function,
 * which then starts it
 */
export async function bundle(entry: string, outfile: string, oldest?: string): Promise<void> {
  const { metafile } = await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: `node${oldest ?? process.versions.node}`,
    minify: true,
    // Names of functions and classes stay readable in stack traces.
    keepNames: true,
    legalComments: "none",
    banner: { js: oldest === undefined ? startedBy(process.execPath) : "" },
    // Native accelerators of `pg` and of dockerode's ssh library: both do without where they don't find them.
    external: ["pg-native", "*.node"],
    logLevel: "warning",
    metafile: true,
  });
  await copyWasm(Object.keys(metafile.inputs), outfile);
  await chmod(outfile, 0o755);
}

/** A module compiled to WebAssembly looks for it beside the file that it runs from, which is now the bundle. */
async function copyWasm(inputs: readonly string[], outfile: string): Promise<void> {
  for (const input of inputs.filter((path) => /\/wasm\/[^/]+(?<!index)\.js$/.test(path))) {
    const source = input.replace(/\.js$/, ".wasm");
    const target = join(dirname(outfile), basename(source));
    // Of its own for each bundle: several are made at the same time, and use the same module.
    const draft = `${target}.${basename(outfile)}.new`;
    await copyFile(source, draft);
    await rename(draft, target);
  }
}
