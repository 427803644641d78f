// How a stack logs in to what its own Docker host doesn't run: settings of its providers, with their secrets.
import { readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parse } from "yaml";
import { askEngine } from "../../engine/engine.ts";
import type { Project } from "../../engine/project.ts";
import type { Session } from "../../engine/session.ts";
import type { StateResource } from "../../engine/state/backend.ts";
import type { ExportedStack } from "../../engine/state/state-transfer.ts";
import { isSecret } from "../plan/events.ts";

/** Settings of a provider as its program gave them, in plain text. */
export type ProviderInputs = Readonly<Record<string, string>>;

/** Gives the settings of the provider that a resource was made with; the state is read when the first one is asked for. */
export type ProviderSettings = (resource: StateResource) => Promise<ProviderInputs>;

/** Opens the settings of a stack's providers. They stay in memory: nothing logs them, and no argument holds them. */
export function providerSettings(session: Session): ProviderSettings {
  let resources: Promise<StateResource[]> | undefined;
  const read = async () => {
    const text = await askEngine(session, ["stack", "export", "--show-secrets", "--stack", session.stack]);
    return (JSON.parse(text) as ExportedStack).deployment.resources ?? [];
  };
  return async ({ urn, provider = "" }) => {
    resources ??= read();
    const found = (await resources).find((one) => `${one.urn}::${one.id}` === provider);
    if (found === undefined) throw new Error(`the state has no provider of ${urn}: ${provider}`);
    return texts(found.inputs ?? {});
  };
}

/** Texts among the inputs, secrets unwrapped. */
function texts(inputs: Readonly<Record<string, unknown>>): ProviderInputs {
  return Object.fromEntries(
    Object.entries(inputs).flatMap(([key, value]) => {
      const plain: unknown = isSecret(value) ? JSON.parse(String(value.plaintext)) : value;
      return ["string", "number", "boolean"].includes(typeof plain) ? [[key, String(plain)]] : [];
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
