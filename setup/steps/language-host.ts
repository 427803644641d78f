// Step: the Node language host beside the CLI. Only a CLI that was built here needs ours; releases bring their own.
import { join } from "node:path";
import { hasLauncher, writeLauncher } from "../bundle-launcher.ts";
import { bundleIsCurrent, makeBundle } from "../bundles.ts";
import { installedEngineDirectory, locateEngine } from "../engine-location.ts";
import type { Step } from "../step.ts";

const name = "pulumi-language-nodejs";

/** The step. */
export const languageHost: Step = {
  id: "language-host",
  title: "Node language host",
  async inspect(context) {
    const located = locateEngine(context.paths, context.env);
    if (located !== undefined && located.origin !== "built") {
      return { ready: true, found: "the one that came with the CLI" };
    }
    const launcher = join(installedEngineDirectory(context.paths), name);
    const current = hasLauncher(context.paths, name, launcher) && bundleIsCurrent(context.paths, name);
    return located !== undefined && current
      ? { ready: true, found: "bundled from this package" }
      : { ready: false, found: "no current language host", fix: "bundle it from this package" };
  },
  async install(context, say) {
    say("waiting for the Pulumi CLI");
    await context.finished("engine");
    const located = locateEngine(context.paths, context.env);
    if (located?.origin !== "built") return;
    say("bundling");
    await makeBundle(context.paths, name);
    const launcher = join(located.directory, name);
    if (!hasLauncher(context.paths, name, launcher)) writeLauncher(context.paths, name, launcher);
  },
};
