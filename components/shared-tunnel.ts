// A Cloudflare tunnel that others use too: one rule for each hostname, and everybody else's rules stay as they are.
import type * as pulumi from "@pulumi/pulumi";
import { IngressRule, TandemProvider } from "../provider/sdk.ts";
import {
  type CloudflareTunnel,
  cloudflareProvider,
  guardHostnames,
  type Published,
  pointAt,
} from "./tunnel-parts.ts";

/** An existing tunnel, with a connector that somebody else runs, configured at Cloudflare. */
export interface SharedTunnel extends CloudflareTunnel {
  kind: "shared";
  /** The tunnel's id. */
  tunnelId: pulumi.Input<string>;
  /** Address of the gateway as the tunnel's connector reaches it, such as `http://192.168.120.12:3101`. */
  service: pulumi.Input<string>;
  /** Take rules for the hostnames over that somebody made for another service. @default false: they are an error */
  takeOver?: pulumi.Input<boolean>;
  /** Command that sets `takeOver`, for the error. */
  takeOverCommand?: string;
  /** Make DNS records for the hostnames. Not where they exist already, or a wildcard serves. @default true */
  dnsRecords?: boolean;
}

/** Puts the hostnames' rules into the tunnel and points the hostnames at it. */
export function joinSharedTunnel(
  parent: pulumi.ComponentResource,
  name: string,
  hostnames: string[],
  shared: SharedTunnel,
): void {
  const provider = cloudflareProvider(name, parent, shared);
  const published: Published = { name, parent, provider, hostnames, tunnel: shared };
  const guards = guardHostnames(published);
  const rules = new TandemProvider(`${name}-rules`, { cloudflareApiToken: shared.apiToken }, { parent });
  const made = hostnames.map(
    (hostname) =>
      new IngressRule(
        `${name}-rule-${hostname}`,
        {
          accountId: shared.accountId,
          tunnelId: shared.tunnelId,
          hostname,
          service: shared.service,
          takeOver: shared.takeOver ?? false,
          takeOverWith: shared.takeOverCommand,
        },
        { parent, provider: rules, dependsOn: guards },
      ),
  );
  if (shared.dnsRecords ?? true) pointAt(shared.tunnelId, published, [...made, ...guards]);
}
