// TunnelRoute: how the world reaches an environment's hostnames.
import * as pulumi from "@pulumi/pulumi";
import { hostname, image, word } from "../lib/docker/values.ts";
import { ArgumentChecks } from "./argument-checks.ts";
import { checkedArgument } from "./checked-inputs.ts";
import type { Environment } from "./environment.ts";
import type { Gateway } from "./gateway.ts";
import { createOwnTunnel, type OwnTunnel } from "./own-tunnel.ts";
import { componentOptions } from "./providers.ts";
import { joinSharedTunnel, type SharedTunnel } from "./shared-tunnel.ts";

/** No account: the route is the gateway's own address on the Docker host. */
export interface LocalRoute {
  kind: "local";
}

/** How hostnames are published. */
export type Tunnel = LocalRoute | OwnTunnel | SharedTunnel;

/** Arguments of a `TunnelRoute`. */
export interface TunnelRouteArgs {
  /** Environment that it is part of. */
  env: Environment;
  /** Gateway that the hostnames lead to. */
  gateway: Gateway;
  /** Hostnames to publish, in plain: they are part of names. */
  hostnames: string[];
  /** How the world reaches the gateway. */
  tunnel: Tunnel;
}

/**
 * Publishes hostnames. With a tunnel of its own it makes the tunnel, its rules, the DNS records and the connector; in a
 * tunnel that others use too it makes a rule and a DNS record for each hostname; without an account it makes nothing and
 * says where the gateway answers.
 */
export class TunnelRoute extends pulumi.ComponentResource {
  /** Where people reach the environment. */
  readonly urls: string[];

  constructor(name: string, args: TunnelRouteArgs, opts?: pulumi.ComponentResourceOptions) {
    rejectBadArgs(name, args);
    super("tandem:index:TunnelRoute", name, {}, componentOptions(`TunnelRoute '${name}'`, args.env, opts));
    const { hostnames } = args;
    const tunnel = checkedTunnel(`TunnelRoute '${name}'`, args.tunnel);
    if (tunnel.kind !== "local" && !args.gateway.believesProxies) {
      const fix = tunnel.kind === "own" ? "`ownTunnel: true`" : "the connector's address in `trustedProxies`";
      const message =
        `TunnelRoute '${name}': the gateway doesn't believe the tunnel's connector: applications see http and the ` +
        `connector's address, and all visitors count as one client. Give the gateway ${fix}.`;
      void pulumi.log.warn(message, this);
    }
    if (tunnel.kind === "own") createOwnTunnel(this, name, args, tunnel);
    if (tunnel.kind === "shared") joinSharedTunnel(this, name, hostnames, tunnel);
    const local = tunnel.kind === "local";
    this.urls = local
      ? [`http://${args.gateway.address}`]
      : hostnames.map((hostname) => `https://${hostname}`);
    this.registerOutputs({ urls: this.urls });
  }
}

/** What of a tunnel is a word. */
const WORDS = ["accountId", "zoneId", "apiToken", "name", "tunnelId", "service"];

/** A tunnel of which what is known later is checked then. */
function checkedTunnel(component: string, tunnel: Tunnel): Tunnel {
  const words = Object.entries(tunnel)
    .filter(([key]) => WORDS.includes(key))
    .map(([key, value]) => [key, checkedArgument(component, `tunnel.${key}`, value, word)]);
  return { ...tunnel, ...Object.fromEntries(words) };
}

function rejectBadArgs(name: string, { env, hostnames, tunnel }: TunnelRouteArgs): void {
  const checks = new ArgumentChecks("TunnelRoute", name);
  checks.required("hostnames", hostnames, (given) => (Array.isArray(given) ? undefined : "must be a list"));
  checks.each("hostnames", hostnames, hostname).kind("tunnel", tunnel, ["local", "own", "shared"]);
  if (tunnel?.kind === "own" || tunnel?.kind === "shared") {
    checks
      .required("tunnel.accountId", tunnel.accountId, word)
      .required("tunnel.zoneId", tunnel.zoneId, word)
      .required("tunnel.apiToken", tunnel.apiToken, word);
  }
  if (tunnel?.kind === "shared") {
    checks
      .required("tunnel.tunnelId", tunnel.tunnelId, word)
      .required("tunnel.service", tunnel.service, word);
  }
  if (tunnel?.kind === "own") {
    checks
      .required("tunnel.name", tunnel.name, word)
      .name(env.name("tunnel"))
      .optional("tunnel.connectorImage", tunnel.connectorImage, image);
  }
  checks.done();
}
