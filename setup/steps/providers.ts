// The provider plugins of the program, each with the way this package makes it for a machine that can't download it.
import { join } from "node:path";
import { launcherOf, writeLauncher } from "../bundle-launcher.ts";
import { type BundleName, bundleIsCurrent, makeBundle } from "../bundles.ts";
import { isExecutable } from "../executables.ts";
import { goBuild, goObstacle } from "../go-build.ts";
import { hashOf, hashOfFiles } from "../stamps.ts";
import type { Step } from "../step.ts";
import { pluginVersion } from "../versions.ts";
import { type Maker, providerPlugin } from "./provider-plugin.ts";

const dockerFolder = "standins/docker-provider";

/** The upstream provider behind Pulumi's bridge, as in the official plugin. */
const dockerMaker: Maker = {
  description: "built from the upstream provider's Go module",
  key: () =>
    hashOf(
      pluginVersion("docker"),
      hashOfFiles(["go.mod", "go.sum", "main.go", "names.go"].map((file) => `${dockerFolder}/${file}`)),
    ),
  obstacle: (context) => goObstacle(context.env),
  async make(context, say) {
    const folder = `docker-${pluginVersion("docker")}-${dockerMaker.key(context)}`;
    const output = join(context.paths.tools, folder, "pulumi-resource-docker");
    if (isExecutable(output)) return output;
    const program = {
      folder: dockerFolder,
      target: ".",
      variables: [`main.version=${pluginVersion("docker")}`],
      tags: "no_compose",
      output,
      log: "docker-provider.log",
    };
    await goBuild(program, context, say);
    return output;
  },
};

/** A small program of this package that serves the resources it uses. What is installed is a script that runs its bundle. */
function bundled(plugin: "random" | "postgresql" | "cloudflare"): Maker {
  const name: BundleName = `pulumi-resource-${plugin}`;
  return {
    description: "bundled from this package",
    key: ({ paths }) => hashOf(launcherOf(paths, name)),
    isMade: ({ paths }) => bundleIsCurrent(paths, name),
    async make({ paths }, say) {
      if (!bundleIsCurrent(paths, name)) {
        say("bundling");
        await makeBundle(paths, name);
      }
      const launcher = join(paths.tools, "launchers", name);
      writeLauncher(paths, name, launcher);
      return launcher;
    },
  };
}

/** The steps, slowest first. */
export const providers: readonly Step[] = [
  providerPlugin("docker", dockerMaker),
  providerPlugin("random", bundled("random")),
  providerPlugin("postgresql", bundled("postgresql")),
  providerPlugin("cloudflare", bundled("cloudflare")),
];
