// What an attacker in the place of an app's container can try, by the probe that `tandem verify` uses.
import { afterAll } from "vitest";
import { Probe } from "../../ops/inspect/verify/probe.ts";
import { docker } from "./docker.ts";

/** One probe for each container, as long as the test file runs. */
const probes = new Map<string, Promise<Probe>>();
afterAll(endProbes);

/** Ends all probes: to whoever looks, they are guests in the namespaces of their containers. */
export async function endProbes(): Promise<void> {
  const started = await Promise.allSettled(probes.values());
  probes.clear();
  await Promise.all(started.map((each) => (each.status === "fulfilled" ? each.value.end() : undefined)));
}

function at(container: string): Promise<Probe> {
  const probe = probes.get(container) ?? Probe.at(docker, { container });
  probes.set(container, probe);
  return probe;
}

/** Addresses that a name has there, with commas; empty where it has none. */
export const resolveFrom = async (container: string, name: string) =>
  (await (await at(container)).resolve([name])).flat().join();

/** `open`, `timeout` or an error code such as ECONNREFUSED. */
export const connectFrom = async (container: string, host: string, port: number) =>
  (await (await at(container)).connect([["tcp", host, port]]))[0] ?? "";

/** The same for many targets at once, in their order. */
export const connectAllFrom = async (
  container: string,
  targets: readonly (readonly [host: string, port: number])[],
) => (await at(container)).connect(targets.map(([host, port]) => ["tcp", host, port] as const));

/** Every TCP port of an address that accepts a connection from there. */
export const scanFrom = async (container: string, host: string) => (await at(container)).scan(host);
