// A Cloudflare tunnel of an environment's own: the tunnel, all of its rules, its connector.
import { getZeroTrustTunnelCloudflaredTokenOutput } from "@pulumi/cloudflare/getZeroTrustTunnelCloudflaredToken.js";
import { ZeroTrustTunnelCloudflared } from "@pulumi/cloudflare/zeroTrustTunnelCloudflared.js";
import { ZeroTrustTunnelCloudflaredConfig } from "@pulumi/cloudflare/zeroTrustTunnelCloudflaredConfig.js";
import * as pulumi from "@pulumi/pulumi";
import { image as imageCheck } from "../lib/docker/values.ts";
import { SECRETS_DIR } from "../lib/docker/writable.ts";
import { Image } from "../provider/sdk.ts";
import { checkedDefault } from "./checked-inputs.ts";
import { runContainer } from "./container.ts";
import type { Environment } from "./environment.ts";
import { CONNECTOR_ROLE, type Gateway } from "./gateway.ts";
import {
  type CloudflareTunnel,
  cloudflareProvider,
  guardHostnames,
  type Published,
  pointAt,
} from "./tunnel-parts.ts";

/** A Cloudflare tunnel of this environment's own. */
export interface OwnTunnel extends CloudflareTunnel {
  kind: "own";
  /** Name of the tunnel in the account. */
  name: pulumi.Input<string>;
  /** Image of the connector. @default {@link CONNECTOR_IMAGE} */
  connectorImage?: pulumi.Input<string>;
}

/** Connector where none is set. */
export const CONNECTOR_IMAGE = "cloudflare/cloudflared:2025.8.1";

const CONNECTOR_LIMITS = { cpus: 0.5, memoryMb: 128, pids: 64 };
const METRICS = "127.0.0.1:2000";

/** Makes the tunnel, its rules and connector, and points the hostnames at it. */
export function createOwnTunnel(
  parent: pulumi.ComponentResource,
  name: string,
  args: { env: Environment; gateway: Gateway; hostnames: string[] },
  own: OwnTunnel,
): void {
  const provider = cloudflareProvider(name, parent, own);
  const opts = { parent, provider };
  const published: Published = { name, parent, provider, hostnames: args.hostnames, tunnel: own };
  const guards = guardHostnames(published);
  const tunnel = new ZeroTrustTunnelCloudflared(
    `${name}-tunnel`,
    { accountId: own.accountId, name: own.name, configSrc: "cloudflare" },
    opts,
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
    { ...opts, dependsOn: guards },
  );
  pointAt(tunnel.id, published, [config, ...guards]);
  createConnector(args.env, published, own, tunnel);
}

function createConnector(
  env: Environment,
  { name, parent, provider }: Published,
  own: OwnTunnel,
  tunnel: ZeroTrustTunnelCloudflared,
): void {
  const token = getZeroTrustTunnelCloudflaredTokenOutput(
    { accountId: own.accountId, tunnelId: tunnel.id },
    { parent, provider },
  );
  const reference = checkedDefault(
    `TunnelRoute '${name}'`,
    "tunnel.connectorImage",
    own.connectorImage,
    imageCheck,
    CONNECTOR_IMAGE,
  );
  const image = new Image(`${name}-connector-image`, { reference }, { parent });
  // Whoever holds the token runs the tunnel, so it is a file and no argument of the process.
  const tokenFile = `${SECRETS_DIR}/tunnel_token`;
  runContainer(parent, env, `${name}-connector`, {
    role: CONNECTOR_ROLE,
    fixedName: env.name(CONNECTOR_ROLE),
    image: image.imageId,
    command: ["tunnel", "--no-autoupdate", "--metrics", METRICS, "run", "--token-file", tokenFile],
    user: "65532:65532",
    files: { [tokenFile]: pulumi.secret(token.token) },
    filesVersion: env.fingerprint([token.token]),
    limits: CONNECTOR_LIMITS,
    health: { command: ["cloudflared", "tunnel", "--metrics", METRICS, "ready"] },
    healthTimeoutSeconds: 60,
    stopGraceSeconds: 30,
  });
}
