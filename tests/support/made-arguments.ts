// Makes the component of a generated set of arguments: with Pulumi's mocks, and in a program that the real engine runs.
import * as tandem from "../../components/index.ts";
import type { ArgumentSet } from "./argument-sets.ts";

/** The environment that the component is in. */
export interface Place {
  system: string;
  environment: string;
  dockerHost?: string;
  data?: { protect: boolean };
}

/** @throws what the component throws */
export function make(
  { component, name, args }: ArgumentSet,
  place: Place = { system: "fuzz", environment: "staging" },
): void {
  if (component === "Environment") {
    new tandem.Environment(name as string, args as never);
    return;
  }
  const env = new tandem.Environment(`fuzz-${place.environment}`, place);
  const limits = { cpus: 0.5, memoryMb: 64, pids: 50 };
  const gateway = () => new tandem.Gateway("gateway", { env, image: "caddy:1", hostPort: 19_080, limits });
  const more = component === "TunnelRoute" ? { env, gateway: gateway() } : { env };
  new tandem[component](name as string, { ...more, ...args } as never);
}
