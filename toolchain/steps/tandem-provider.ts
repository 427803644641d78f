// Step: the bundle of this package's own provider, so that it starts without reading its sources.
import { bundleIsCurrent, makeBundle } from "../bundles.ts";
import { providerBundle } from "../engine-env.ts";
import type { Step } from "../step.ts";

const entry = "provider/main.ts";

/** The step. */
export const tandemProvider: Step = {
  id: "tandem-provider",
  title: "tandem provider",
  async inspect(context) {
    return bundleIsCurrent(context.paths, entry, providerBundle(context.paths))
      ? { ready: true, found: "bundled from this package" }
      : { ready: false, found: "no current bundle", mend: "bundle it from this package" };
  },
  async install(context, say) {
    say("bundling");
    await makeBundle(context.paths, entry, providerBundle(context.paths));
  },
};
