// TunnelRoute: how the world reaches an environment's hostnames.
import { DnsRecord } from "@pulumi/cloudflare/dnsRecord.js";
import { getZeroTrustTunnelCloudflaredTokenOutput } from "@pulumi/cloudflare/getZeroTrustTunnelCloudflaredToken.js";
import { Provider as CloudflareProvider } from "@pulumi/cloudflare/provider.js";
import { ZeroTrustTunnelCloudflared } from "@pulumi/cloudflare/zeroTrustTunnelCloudflared.js";
import { ZeroTrustTunnelCloudflaredConfig } from "@pulumi/cloudflare/zeroTrustTunnelCloudflaredConfig.js";
import * as pulumi from "@pulumi/pulumi";
import { Image } from "../provider/sdk.ts";
import { runContainer, SECRETS_DIR } from "./container.ts";
import type { Environment } from "./environment.ts";
import type { Gateway } from "./gateway.ts";

/** A Cloudflare tunnel of this environment's own. */
export interface OwnTunnel {
  kind: "own";
  /** Cloudflare account. */
  accountId: string;
  /** Zone of the hostnames. */
  zoneId: string;
  /** Name of the tunnel in the account. */
  name: string;
  /** API token that may edit tunnels and DNS (secret). */
  apiToken: pulumi.Input<string>;
  /** Image of the connector. @default {@link CONNECTOR_IMAGE} */
  connectorImage?: string;
}

/** No account: the route is the gateway's own address on the Docker host. */
export interface LocalRoute {
  kind: "local";
}

/** How hostnames are published. A tunnel shared with other stacks joins this union. */
export type Tunnel = LocalRoute | OwnTunnel;

export interface TunnelRouteArgs {
  env: Environment;
  gateway: Gateway;
  /** Hostnames to publish. */
  hostnames: string[];
  tunnel: Tunnel;
}

/** Connector where none is set. */
export const CONNECTOR_IMAGE = "cloudflare/cloudflared:2025.8.1";

const CONNECTOR_LIMITS = { cpus: 0.5, memoryMb: 128, pids: 64 };
const METRICS = "127.0.0.1:2000";

/**
 * Publishes hostnames. With a tunnel of its own it makes the tunnel, its ingress rules, the DNS records and the
 * connector; without an account it makes nothing and says where the gateway answers.
 */
export class TunnelRoute extends pulumi.ComponentResource {
  /** Where people reach the environment. */
  readonly urls: string[];

  constructor(name: string, args: TunnelRouteArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tandem:index:TunnelRoute", name, {}, { parent: args.env, ...opts });
    if (args.tunnel.kind === "own") {
      this.createTunnel(name, args, args.tunnel);
      this.urls = args.hostnames.map((hostname) => `https://${hostname}`);
    } else {
      this.urls = [`http://${args.gateway.address}`];
    }
    this.registerOutputs({ urls: this.urls });
  }

  private createTunnel(name: string, args: TunnelRouteArgs, own: OwnTunnel): void {
    const provider = new CloudflareProvider(
      `${name}-cloudflare`,
      { apiToken: own.apiToken },
      { parent: this },
    );
    const opts = { parent: this, provider };
    const tunnel = new ZeroTrustTunnelCloudflared(
      `${name}-tunnel`,
      { accountId: own.accountId, name: own.name, configSrc: "cloudflare" },
      // Replacing a tunnel takes every hostname on it down.
      { ...opts, protect: true },
    );
    const rules = args.hostnames.map((hostname) => ({ hostname, service: args.gateway.internalUrl }));
    const config = new ZeroTrustTunnelCloudflaredConfig(
      `${name}-ingress`,
      {
        accountId: own.accountId,
        tunnelId: tunnel.id,
        // Cloudflare refuses a list that doesn't end with a rule for everything.
        config: { ingresses: [...rules, { service: "http_status:404" }] },
      },
      opts,
    );
    for (const hostname of args.hostnames) {
      const record = {
        zoneId: own.zoneId,
        name: hostname,
        type: "CNAME",
        content: pulumi.interpolate`${tunnel.id}.cfargotunnel.com`,
        proxied: true,
        // 1 is "automatic", the only value that a proxied record takes.
        ttl: 1,
      };
      new DnsRecord(`${name}-${hostname}`, record, { ...opts, dependsOn: config });
    }
    this.createConnector(name, args, own, tunnel, provider);
  }

  private createConnector(
    name: string,
    args: TunnelRouteArgs,
    own: OwnTunnel,
    tunnel: ZeroTrustTunnelCloudflared,
    provider: CloudflareProvider,
  ): void {
    const token = getZeroTrustTunnelCloudflaredTokenOutput(
      { accountId: own.accountId, tunnelId: tunnel.id },
      { parent: this, provider },
    );
    const image = new Image(
      `${name}-connector-image`,
      { reference: own.connectorImage ?? CONNECTOR_IMAGE },
      { parent: this },
    );
    // Whoever holds the token runs the tunnel, so it is a file and no argument of the process.
    const tokenFile = `${SECRETS_DIR}/tunnel_token`;
    runContainer(this, args.env, `${name}-connector`, {
      role: "tunnel",
      fixedName: args.env.name("tunnel"),
      image: image.imageId,
      command: ["tunnel", "--no-autoupdate", "--metrics", METRICS, "run", "--token-file", tokenFile],
      user: "65532:65532",
      files: { [tokenFile]: pulumi.secret(token.token) },
      filesVersion: args.env.fingerprint([token.token]),
      limits: CONNECTOR_LIMITS,
      health: { command: ["cloudflared", "tunnel", "--metrics", METRICS, "ready"] },
      healthTimeoutSeconds: 60,
      stopGraceSeconds: 30,
    });
  }
}
