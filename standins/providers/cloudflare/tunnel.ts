// cloudflare:index/zeroTrustTunnelCloudflared:ZeroTrustTunnelCloudflared
import { codesOf } from "../../../provider/cloudflare/failures.ts";
import { type CloudflareResource, str } from "./resource.ts";
import type { WireTable } from "./wire.ts";

const connections: WireTable = {
  clientId: { type: "string", output: true },
  clientVersion: { type: "string", output: true },
  coloName: { type: "string", output: true },
  id: { type: "string", output: true },
  isPendingReconnect: { type: "boolean", output: true },
  openedAt: { type: "string", output: true },
  originIp: { type: "string", output: true },
  uuid: { type: "string", output: true },
};

const table: WireTable = {
  accountId: { type: "string", required: true, replace: true, address: true, description: "Account." },
  name: { type: "string", required: true, description: "Name of the tunnel, unique in the account." },
  configSrc: {
    type: "string",
    default: "local",
    replace: true,
    kept: true,
    description: "Where the tunnel is configured: local (a file beside the connector) or cloudflare.",
    validate: (value) =>
      value === "local" || value === "cloudflare" ? undefined : 'must be "local" or "cloudflare"',
  },
  tunnelSecret: {
    type: "string",
    secret: true,
    description: "Password of a locally configured tunnel: base64 of at least 32 bytes.",
    validate: (value) =>
      Buffer.from(str(value), "base64").length >= 32 ? undefined : "must be base64 of at least 32 bytes",
  },
  accountTag: { type: "string", output: true },
  connections: { type: "objects", output: true, fields: connections },
  connsActiveAt: { type: "string", output: true },
  connsInactiveAt: { type: "string", output: true },
  createdAt: { type: "string", output: true },
  deletedAt: { type: "string", output: true },
  metadata: { type: "string", output: true },
  remoteConfig: { type: "boolean", output: true },
  status: { type: "string", output: true },
  tunType: { type: "string", output: true },
};

/** "Cannot delete tunnel because it has active connections". */
const HAS_CONNECTIONS = 1022;

/** A tunnel. */
export const tunnel: CloudflareResource = {
  what: "tunnel",
  table,
  idParts: ["accountId", "tunnelId"],
  nameOf: ({ name }) => str(name),
  create: ({ accountId, name, configSrc, tunnelSecret }) => {
    const params = {
      account_id: str(accountId),
      name: str(name),
      config_src: configSrc === "cloudflare" ? ("cloudflare" as const) : ("local" as const),
      ...(tunnelSecret === undefined ? {} : { tunnel_secret: str(tunnelSecret) }),
    };
    return ({ sdk }, options) => sdk.zeroTrust.tunnels.cloudflared.create(params, options);
  },
  candidates:
    ({ accountId, name }) =>
    ({ sdk }, options) =>
      sdk.zeroTrust.tunnels.cloudflared.list(
        { account_id: str(accountId), name: str(name), is_deleted: false },
        options,
      ),
  read:
    (id, { accountId }) =>
    ({ sdk }, options) =>
      sdk.zeroTrust.tunnels.cloudflared.get(id, { account_id: str(accountId) }, options),
  update:
    (id, { accountId, name, tunnelSecret }) =>
    ({ sdk }, options) =>
      sdk.zeroTrust.tunnels.cloudflared.edit(
        id,
        {
          account_id: str(accountId),
          name: str(name),
          ...(tunnelSecret === undefined ? {} : { tunnel_secret: str(tunnelSecret) }),
        },
        options,
      ),
  delete:
    (id, { accountId }) =>
    ({ sdk }, options) =>
      sdk.zeroTrust.tunnels.cloudflared.delete(id, { account_id: str(accountId) }, options),
  isBusy: (error) => codesOf(error).includes(HAS_CONNECTIONS),
};
