// Bundles a language host or provider into one executable file, so that it starts without reading hundreds.
import { chmod } from "node:fs/promises";
import { build } from "esbuild";

/**
 * Bundles the program at `entry` into the executable `outfile`: CommonJS, since a file without an extension is
 * taken for that, started by the Node that runs this function. Errors of the bundler are thrown as they are.
 */
export async function bundle(entry: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: `node${process.versions.node}`,
    minify: true,
    // Names of functions and classes stay readable in stack traces.
    keepNames: true,
    legalComments: "none",
    banner: { js: `#!${process.execPath}` },
    // Native accelerators of `pg` and of dockerode's ssh library: both do without where they don't find them.
    external: ["pg-native", "*.node"],
    logLevel: "warning",
  });
  await chmod(outfile, 0o755);
}
