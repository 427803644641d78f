// What an environment consists of, counted from its state, in words.
import { factsOf, knownTypes, types } from "../../lib/resource-types.ts";
import type { Deployment, StateResource } from "./state/backend.ts";

/** `4 containers, 1 network, …`; "" where there is nothing. */
export function inventory(resources: readonly StateResource[]): string {
  return knownTypes
    .flatMap((type) => {
      const { counted } = factsOf(type);
      if (counted === undefined) return [];
      const [one, many] = counted;
      const count = resources.filter((resource) => resource.type === type && resource.delete !== true).length;
      return count === 0 ? [] : [`${count} ${count === 1 ? one : many}`];
    })
    .join(", ");
}

/** What was added and removed between two states, as `{ made, removed }`, each in words. */
export function changes(
  before: Deployment | undefined,
  after: Deployment | undefined,
): { made: string; removed: string } {
  // A replaced resource keeps its name and gets another id.
  const key = ({ urn, id }: StateResource) => `${urn} ${id ?? ""}`;
  const old = new Set((before?.resources ?? []).map(key));
  const fresh = new Set((after?.resources ?? []).map(key));
  return {
    made: inventory((after?.resources ?? []).filter((resource) => !old.has(key(resource)))),
    removed: inventory((before?.resources ?? []).filter((resource) => !fresh.has(key(resource)))),
  };
}

/** Outputs of the stack's program that are plain values. */
export function stackOutputs(deployment: Deployment | undefined): Record<string, unknown> {
  const stack = deployment?.resources?.find(({ type }) => type === types.stack);
  return stack?.outputs ?? {};
}

/** Where an environment answers, according to its outputs. */
export interface Address {
  hostname?: string;
  /** Addresses for a browser. */
  urls: string[];
  /** `address:port` of the gateway on the Docker host. */
  gateway?: string;
}

/** Reads the address from a program's outputs: `hostname`, `urls` and `gateway`, each where it is there. */
export function addressOf(outputs: Readonly<Record<string, unknown>>): Address {
  const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);
  const urls = Array.isArray(outputs.urls) ? outputs.urls : [outputs.url];
  const hostname = text(outputs.hostname);
  const gateway = text(outputs.gateway);
  return {
    ...(hostname === undefined ? {} : { hostname }),
    urls: urls.flatMap((url) => text(url) ?? []),
    ...(gateway === undefined ? {} : { gateway }),
  };
}

/** A command that asks the environment from its Docker host. */
export function curlCommand({ hostname, gateway }: Address): string | undefined {
  if (gateway === undefined) return undefined;
  // A gateway that listens everywhere answers on loopback too.
  const target = gateway.replace(/^0\.0\.0\.0:/, "127.0.0.1:");
  return hostname === undefined ? `curl http://${target}/` : `curl -H 'Host: ${hostname}' http://${target}/`;
}
