// How a stack logs in to what its own Docker host doesn't run: settings of its providers, with their secrets.
import { readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parse } from "yaml";
import type { Project } from "../../engine/project.ts";
import type { Session } from "../../engine/session.ts";
import type { StateResource } from "../../engine/state/backend.ts";
import { plainResources } from "../../engine/state/plain-state.ts";

/** Settings of a provider as its program gave them, in plain text. */
export type ProviderInputs = Readonly<Record<string, string>>;

/** Gives the settings of the provider that a resource was made with; the state is read when the first one is asked for. */
export type ProviderSettings = (resource: StateResource) => Promise<ProviderInputs>;

/** Opens the settings of a stack's providers. They stay in memory: nothing logs them, and no argument holds them. */
export function providerSettings(session: Session): ProviderSettings {
  let resources: Promise<StateResource[]> | undefined;
  return async ({ urn, provider = "" }) => {
    resources ??= plainResources(session);
    const found = (await resources).find((one) => `${one.urn}::${one.id}` === provider);
    if (found === undefined) throw new Error(`the state has no provider of ${urn}: ${provider}`);
    return texts(found.inputs ?? {});
  };
}

/** Texts among the inputs. */
function texts(inputs: Readonly<Record<string, unknown>>): ProviderInputs {
  return Object.fromEntries(
    Object.entries(inputs).flatMap(([key, value]) => {
      return ["string", "number", "boolean"].includes(typeof value) ? [[key, String(value)]] : [];
    }),
  );
}

/** Folder in which the engine runs a project's program and providers: what paths in settings are relative to. */
export function engineFolder({ directory }: Project): string {
  const file = resolve(directory, "Pulumi.yaml");
  const { main } = parse(readFileSync(file, "utf8")) as { main?: string };
  const program = resolve(directory, main ?? ".");
  return statSync(program).isDirectory() ? program : dirname(program);
}
