// Step factory: one provider plugin. The user's official one, else the official download, else made from this package.
import { downloadPlugin, installedPlugin, installPluginFile, officialPluginOfUser } from "../plugins.ts";
import type { Part, Say, SetupContext, Step } from "../step.ts";
import { type PluginName, pluginVersion } from "../versions.ts";

/** How this package makes a plugin where the official one can't be had. */
export interface Maker {
  /** Hash of all that goes into what is installed. */
  key(context: SetupContext): string;
  /** Is what the installed file needs besides there? @default it needs nothing */
  isMade?(context: SetupContext): boolean;
  /** Makes the executable, if it isn't there for this key already, and returns its path. */
  make(context: SetupContext, say: Say): Promise<string>;
  /** What it is, for the report. */
  description: string;
  /** Why it can't be made on this machine; undefined when it can. */
  obstacle?(context: SetupContext): string | undefined;
}

/** The step that looks after the plugin `name`. */
export function providerPlugin(name: PluginName, maker: Maker): Step {
  const label = `${name} provider ${pluginVersion(name)}`;
  return {
    id: `plugin-${name}`,
    title: `${name} provider`,
    async inspect(context): Promise<Part> {
      const installed = installedPlugin(context, name);
      if (installed?.origin === "official") return { ready: true, found: `${label}, official plugin` };
      if (installed?.key === maker.key(context) && (maker.isMade?.(context) ?? true)) {
        return { ready: true, found: `${label}, ${maker.description}` };
      }
      const fix = maker.obstacle?.(context) ?? `the official plugin, or ${maker.description}`;
      return { ready: false, found: `no current ${label}`, fix };
    },
    async install(context, say) {
      const installed = installedPlugin(context, name);
      if (installed?.origin === "built" && installed.key === maker.key(context)) {
        // What is installed stands: a run of another version may have it open.
        await maker.make(context, say);
        return;
      }
      const official = officialPluginOfUser(context, name);
      if (official !== undefined) {
        await context.finished("engine");
        say(`copying ${official}`);
        await installPluginFile(context, name, official);
        return;
      }
      if (await context.online()) {
        await context.finished("engine");
        try {
          await downloadPlugin(context, name, say);
          return;
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error);
          // Somebody should look at a file that is not what it should be.
          if (reason.includes("invalid checksum")) throw error;
          const obstacle = maker.obstacle?.(context);
          if (obstacle !== undefined)
            throw new Error(`the official plugin can't be had (${reason}), and ${obstacle}`);
          say(`the official plugin can't be had (${reason.split("\n")[0]}): making it instead`);
        }
      }
      const file = await maker.make(context, say);
      say("waiting for the Pulumi CLI");
      await context.finished("engine");
      say("installing");
      await installPluginFile(context, name, file, maker.key(context));
    },
  };
}
