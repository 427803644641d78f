// Step: the Node language host beside the CLI. Only a CLI that was built here needs ours; releases bring their own.
import { join } from "node:path";
import { bundleIsCurrent, makeBundle } from "../bundles.ts";
import { installedEngineDirectory, locateEngine } from "../engine-location.ts";
import type { Step } from "../step.ts";

const entry = "toolchain/language-host/main.ts";

/** The step. */
export const languageHost: Step = {
  id: "language-host",
  title: "Node language host",
  async inspect(context) {
    const located = locateEngine(context.paths, context.env);
    if (located !== undefined && located.origin !== "built") {
      return { ready: true, found: "the one that came with the CLI" };
    }
    const outfile = join(installedEngineDirectory(context.paths), "pulumi-language-nodejs");
    return located !== undefined && bundleIsCurrent(context.paths, entry, outfile)
      ? { ready: true, found: "bundled from this package" }
      : { ready: false, found: "no current language host", mend: "bundle it from this package" };
  },
  async install(context, say) {
    say("waiting for the Pulumi CLI");
    await context.finished("engine");
    const located = locateEngine(context.paths, context.env);
    if (located?.origin !== "built") return;
    say("bundling");
    await makeBundle(context.paths, entry, join(located.directory, "pulumi-language-nodejs"));
  },
};
