// cloudflare:index/zeroTrustTunnelCloudflaredConfig:ZeroTrustTunnelCloudflaredConfig
import type { ConfigurationUpdateParams } from "cloudflare/resources/zero-trust/tunnels/cloudflared/configurations";
import { isRecord } from "../../../plugin/values.ts";
import { type CloudflareResource, str } from "./resource.ts";
import { type Body, sameNames, type WireTable } from "./wire.ts";

const originRequest = sameNames({
  access: {
    type: "object",
    fields: sameNames({
      audTags: { type: "strings", required: true, api: "audTag" },
      required: { type: "boolean" },
      teamName: { type: "string", required: true },
    }),
  },
  caPool: { type: "string" },
  connectTimeout: { type: "integer" },
  disableChunkedEncoding: { type: "boolean" },
  http2Origin: { type: "boolean" },
  httpHostHeader: { type: "string" },
  keepAliveConnections: { type: "integer" },
  keepAliveTimeout: { type: "integer" },
  matchSnItoHost: { type: "boolean", api: "matchSNItoHost" },
  noHappyEyeballs: { type: "boolean" },
  noTlsVerify: { type: "boolean", api: "noTLSVerify" },
  originServerName: { type: "string" },
  proxyType: { type: "string" },
  tcpKeepAlive: { type: "integer" },
  tlsTimeout: { type: "integer" },
});

const config = sameNames({
  ingresses: {
    type: "objects",
    api: "ingress",
    description: "Rules from first to last; the last one must have neither hostname nor path.",
    fields: sameNames({
      hostname: { type: "string" },
      originRequest: { type: "object", fields: originRequest },
      path: { type: "string" },
      service: { type: "string", required: true },
    }),
  },
  originRequest: { type: "object", fields: originRequest },
});

const table: WireTable = {
  accountId: { type: "string", required: true, replace: true, address: true, description: "Account." },
  tunnelId: { type: "string", required: true, replace: true, address: true, description: "Tunnel." },
  config: { type: "object", computed: true, fields: config, description: "Rules and options of the tunnel." },
  source: { type: "string", computed: true, description: "Where the tunnel is configured." },
  createdAt: { type: "string", output: true },
  version: { type: "integer", output: true },
};

/** The whole configuration of a tunnel. Cloudflare can't delete one: it goes with its tunnel. */
export const tunnelConfig: CloudflareResource = {
  what: "configuration of tunnel",
  table,
  idParts: ["accountId", "tunnelId"],
  nameOf: ({ tunnelId }) => str(tunnelId),
  idOf: (_, { tunnelId }) => str(tunnelId),
  check({ config: given }) {
    const rules = isRecord(given) ? given.ingresses : undefined;
    const last = Array.isArray(rules) ? rules.at(-1) : undefined;
    if (!isRecord(last) || (last.hostname === undefined && last.path === undefined)) return [];
    const reason = "must end with a rule for everything, such as { service: http_status:404 }";
    return [{ property: "config.ingresses", reason }];
  },
  create: (properties, body) => put(str(properties.tunnelId), str(properties.accountId), body),
  read:
    (id, { accountId, tunnelId }) =>
    ({ sdk }, options) =>
      sdk.zeroTrust.tunnels.cloudflared.configurations.get(
        str(tunnelId) || id,
        { account_id: str(accountId) },
        options,
      ),
  update: (id, { accountId }, body) => put(id, str(accountId), body),
};

function put(
  tunnelId: string,
  accountId: string,
  { config: given }: Body,
): ReturnType<CloudflareResource["create"]> {
  const params: ConfigurationUpdateParams = {
    account_id: accountId,
    config: (given ?? {}) as ConfigurationUpdateParams.Config,
  };
  return ({ sdk }, options) =>
    sdk.zeroTrust.tunnels.cloudflared.configurations.update(tunnelId, params, options);
}
