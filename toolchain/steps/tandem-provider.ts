// Steps: the bundles of this package's own provider and policy pack, so that they start without reading their sources.
import { bundleIsCurrent, makeBundle } from "../bundles.ts";
import { policyBundle, providerBundle } from "../engine-env.ts";
import type { Paths } from "../paths.ts";
import type { Step } from "../step.ts";

function bundled(id: string, title: string, entry: string, outfile: (paths: Paths) => string): Step {
  return {
    id,
    title,
    async inspect({ paths }) {
      return bundleIsCurrent(paths, entry, outfile(paths))
        ? { ready: true, found: "bundled from this package" }
        : { ready: false, found: "no current bundle", mend: "bundle it from this package" };
    },
    async install({ paths }, say) {
      say("bundling");
      await makeBundle(paths, entry, outfile(paths));
    },
  };
}

/** The step for the provider. */
export const tandemProvider = bundled(
  "tandem-provider",
  "tandem provider",
  "provider/main.ts",
  providerBundle,
);

/** The step for the policy pack. */
export const policyPack = bundled("policy-pack", "policy pack", "policies/main.ts", policyBundle);
