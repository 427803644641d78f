// Steps: the bundles of this package's own provider and policy pack, so that they start without reading their sources.
import { type BundleName, bundleIsCurrent, makeBundle } from "../bundles.ts";
import type { Step } from "../step.ts";

function bundled(id: string, title: string, ...names: readonly BundleName[]): Step {
  return {
    id,
    title,
    async inspect({ paths }) {
      return names.every((name) => bundleIsCurrent(paths, name))
        ? { ready: true, found: "bundled from this package" }
        : { ready: false, found: "no current bundle", fix: "bundle it from this package" };
    },
    async install({ paths }, say) {
      say("bundling");
      await Promise.all(names.map((name) => makeBundle(paths, name)));
    },
  };
}

/** The step for the provider, alone and together with the others that this package makes. */
export const tandemProvider = bundled(
  "tandem-provider",
  "tandem provider",
  "pulumi-resource-tandem",
  "tandem-plugins",
);

/** The step for the policy pack. */
export const policyPack = bundled("policy-pack", "policy pack", "pulumi-analyzer-tandem");
