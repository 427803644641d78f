// The first look of a Gateway at its arguments: before anything is registered.
import * as pulumi from "@pulumi/pulumi";
import { address, hostname, port } from "../lib/docker/values.ts";
import { ArgumentChecks } from "./argument-checks.ts";
import { isLater } from "./checked-inputs.ts";
import type { GatewayArgs } from "./gateway.ts";
import { clientProblem } from "./gateway-clients.ts";
import { networkName } from "./names.ts";

/** Ports on which the gateway's own processes listen inside its container. */
const OWN_PORTS = [2019, 8443, 9090, 9091];

/** A port that services ask under a name. */
function namedPort(value: unknown): string | undefined {
  return (
    port(value) ??
    (OWN_PORTS.includes(Number(value))
      ? `has ${String(value)}, on which the gateway itself listens`
      : undefined)
  );
}

/** @throws pulumi.RunError that names all arguments which are wrong */
export function rejectBadArgs(name: string, args: GatewayArgs, role: string): void {
  const { env, image, limits, tls, hostPort } = args;
  const checks = new ArgumentChecks("Gateway", name)
    .name(env.name(role))
    .name(env.name(`${role}_config`))
    .container({ image: image ?? null, limits })
    .add("hostPort", hostPort === undefined && args.names === undefined ? "is missing" : undefined)
    .optional("hostPort", hostPort, port)
    .each("names", Object.keys(args.names ?? {}), networkName)
    .each("names", Object.values(args.names ?? {}), namedPort)
    .optional("bindAddress", args.bindAddress, address);
  if (tls === null || (tls !== undefined && typeof tls !== "object"))
    checks.add("tls", "must have hostPort and hostnames");
  else if (tls !== undefined) {
    checks
      .required("tls.hostPort", tls.hostPort, port)
      .add("tls.hostPort", tls.hostPort === hostPort ? `is ${hostPort}, as hostPort is` : undefined)
      .add("tls.hostnames", tls.hostnames?.length > 0 ? undefined : "is empty; TLS needs a hostname")
      .each("tls.hostnames", tls.hostnames, hostname);
  }
  checks.done();
  const proxies = args.trustedProxies?.filter((each): each is string => !isLater(each));
  const problem = clientProblem({ ...args, trustedProxies: proxies });
  if (problem !== undefined) throw new pulumi.RunError(`Gateway '${name}': ${problem}`);
}
