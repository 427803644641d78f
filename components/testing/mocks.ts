// Pulumi mocks for unit tests: records every resource and gives outputs that look like the real ones.
import { setTimeout as sleep } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";

/** A resource that a program registered, with plain inputs. */
export interface Registered {
  type: string;
  name: string;
  // biome-ignore lint/suspicious/noExplicitAny: inputs of any resource type
  inputs: any;
  /** Reference of its provider, by URN and id; the engine's own where none is given. */
  provider?: string | undefined;
}

/** Starts to record, as an update or a preview of a stack of a project; the list fills as the program runs. */
export async function recordResources(
  project = "oracle",
  stack = "staging",
  preview = false,
): Promise<Registered[]> {
  const registered: Registered[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs, id, provider }) => {
        registered.push({ type, name, inputs, provider });
        return { id: id || `${name}-id`, state: { ...inputs, ...outputsOf(type, name, inputs) } };
      },
      call: ({ inputs }) => ({ ...inputs, token: "connector-token" }),
    },
    project,
    stack,
    preview,
  );
  return registered;
}

function outputsOf(type: string, name: string, inputs: Record<string, unknown>): Record<string, unknown> {
  if (type === "random:index/randomPassword:RandomPassword") return { result: `generated-${name}` };
  if (type === "tandem:docker:Image") return { imageId: `sha256:${String(inputs.reference)}` };
  if (type === "docker:index/container:Container") return { name: inputs.name ?? `${name}-1a2b3c4` };
  return {};
}

/** The one resource of a type and, if given, name. */
export function only(registered: Registered[], type: string, name?: string): Registered {
  const found = registered.filter((r) => r.type === type && (name === undefined || r.name === name));
  const [first] = found;
  if (first === undefined || found.length > 1) {
    throw new Error(
      `${found.length} resources of type ${type} ${name ?? ""}: ${found.map((r) => r.name).join(", ")}`,
    );
  }
  return first;
}

/** The value of an output, and whether it is secret. */
export async function settled<T>(output: pulumi.Output<T>): Promise<{ value: T; secret: boolean }> {
  const value = await new Promise<T>((resolve) => output.apply(resolve));
  return { value, secret: await pulumi.isSecret(output) };
}

/** Makes something, and says with which errors a program that does so ends. */
export async function errorsOf(make: () => unknown): Promise<string[]> {
  const errors = new Set<string>();
  const listeners = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", (error) => errors.add((error as Error).message));
  try {
    make();
    let settled = false;
    void pulumi.runtime.disconnect().then(() => {
      settled = true;
    });
    // What waits for a refused value never registers, and then no disconnect ever returns.
    while (errors.size === 0 && !settled) await sleep(5);
  } finally {
    await sleep(20);
    process.removeAllListeners("unhandledRejection");
    for (const listener of listeners) process.on("unhandledRejection", listener);
    await recordResources();
  }
  return [...errors];
}
