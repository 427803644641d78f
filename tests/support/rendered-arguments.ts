// From generated arguments to what would reach Docker: the component runs with Pulumi's mocks, and the Tandem provider
// checks its resources as it does before an update.
import * as pulumi from "@pulumi/pulumi";
import { type Registered, recordResources } from "../../components/testing/mocks.ts";
import type { ResourceHandler } from "../../plugin/handler.ts";
import type { Properties } from "../../plugin/values.ts";
import type { DockerHost } from "../../provider/docker/docker-host.ts";
import { volumeOwner } from "../../provider/docker/volume-owner.ts";
import { migration } from "../../provider/postgres/migration.ts";
import type { ArgumentSet } from "./argument-sets.ts";
import { make } from "./made-arguments.ts";

/** What became of a set: refused with a message, by the component or by the provider's check; or resources for Docker. */
export type Rendered = { refused: string; by: "component" | "provider" } | { resources: Registered[] };

const CHECKED: Record<string, ResourceHandler<DockerHost>> = {
  "tandem:docker:Migration": migration,
  "tandem:docker:VolumeOwner": volumeOwner,
};

/**
 * Runs the component.
 *
 * @throws what it threw besides an error for people
 */
export async function render(set: ArgumentSet): Promise<Rendered> {
  const registered = await recordResources();
  try {
    make(set);
  } catch (error) {
    await pulumi.runtime.disconnect();
    if (pulumi.RunError.isInstance(error) || pulumi.ResourceError.isInstance(error))
      return { refused: error.message, by: "component" };
    throw error;
  }
  await pulumi.runtime.disconnect();
  const resources = registered.map((each) => ({ ...each, inputs: plain(each.inputs) }));
  for (const { type, inputs } of resources) {
    const handler = CHECKED[type];
    const answer = await handler?.check?.(
      { news: inputs as Properties, olds: inputs as Properties } as never,
      undefined as never,
    );
    const [failure] = answer?.failures ?? [];
    if (failure !== undefined) return { refused: failure.reason, by: "provider" };
  }
  return { resources };
}

/** Key that marks a secret on the engine's wire. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";

/** Values without the marks of secrets. */
export function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  if (SIGNATURE in value && "value" in value) return plain(value.value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}
