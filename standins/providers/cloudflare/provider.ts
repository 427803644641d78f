// The cloudflare provider: its resources and functions, under the type tokens of the official plugin.
import sdk from "@pulumi/cloudflare/package.json" with { type: "json" };
import type { ProviderDefinition } from "../../../plugin/handler.ts";
import { packageSchema } from "../../../plugin/package-schema.ts";
import { CloudflareApi } from "../../../provider/cloudflare/api.ts";
import { checkSettings, readSettings } from "../../../provider/cloudflare/settings.ts";
import { accessApplication } from "./access-application.ts";
import { accessPolicy } from "./access-policy.ts";
import { dnsRecord } from "./dns-record.ts";
import { type CloudflareResource, cloudflareResource, str } from "./resource.ts";
import { tunnel } from "./tunnel.ts";
import { tunnelConfig } from "./tunnel-config.ts";

/** Everything that the provider serves, by type token. */
export const cloudflareResources: Readonly<Record<string, CloudflareResource>> = {
  "cloudflare:index/dnsRecord:DnsRecord": dnsRecord,
  "cloudflare:index/zeroTrustAccessApplication:ZeroTrustAccessApplication": accessApplication,
  "cloudflare:index/zeroTrustAccessPolicy:ZeroTrustAccessPolicy": accessPolicy,
  "cloudflare:index/zeroTrustTunnelCloudflared:ZeroTrustTunnelCloudflared": tunnel,
  "cloudflare:index/zeroTrustTunnelCloudflaredConfig:ZeroTrustTunnelCloudflaredConfig": tunnelConfig,
};

const TOKEN = "cloudflare:index/getZeroTrustTunnelCloudflaredToken:getZeroTrustTunnelCloudflaredToken";

/** Applies a function to every resource. */
function each<T>(make: (resource: CloudflareResource) => T): Record<string, T> {
  return Object.fromEntries(
    Object.entries(cloudflareResources).map(([token, resource]) => [token, make(resource)]),
  );
}

/** The provider, with the version of the SDK whose resources it serves. */
export const cloudflareProvider: ProviderDefinition<CloudflareApi> = {
  name: "cloudflare",
  version: sdk.version,
  resources: each(cloudflareResource),
  functions: {
    async [TOKEN]({ accountId, tunnelId }, ctx) {
      const about = { what: `read the token of tunnel ${str(tunnelId)}`, operation: ctx };
      const token = await ctx.client.call(about, (options) =>
        ctx.client.sdk.zeroTrust.tunnels.cloudflared.token.get(
          str(tunnelId),
          { account_id: str(accountId) },
          options,
        ),
      );
      return { accountId, tunnelId, token };
    },
  },
  secretResults: { [TOKEN]: ["token"] },
  schema: () =>
    packageSchema(
      "cloudflare",
      sdk.version,
      each(({ table }) => table),
    ),
  checkConfig: (settings) => checkSettings(settings),
  configure: (settings) => new CloudflareApi(readSettings(settings)),
  refusal: (token) =>
    `"${token}" is served by the official cloudflare plugin only (pulumi plugin install resource cloudflare ${sdk.version}); ` +
    `this one serves ${Object.keys(cloudflareResources).join(", ")}`,
};
