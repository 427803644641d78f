// The settings of how the world reaches the gateway.
import { setting, type ValuesOf } from "./define.ts";
import type { GatewayValues } from "./gateway-settings.ts";
import { type Issue, set, setSecret } from "./issue.ts";
import { hostname, url } from "./network.ts";
import { imageReference } from "./resources.ts";
import { given, incomplete, missing, unusedSecret } from "./rule.ts";
import { flag, name, secret, text } from "./scalars.ts";
import { list, optionally, section, variants } from "./structures.ts";

const TUNNEL_ID = {
  pattern: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  form: "the id of a tunnel",
  example: "00000000-0000-4000-8000-000000000000",
};
const EMAIL = { pattern: /^[^\s@]+@[^\s@]+\.[^\s@]+$/, form: "an e-mail address", example: "me@example.com" };
const CLOUDFLARE_ID = { pattern: /^[0-9a-f]{32}$/, form: "32 hexadecimal digits", example: "0".repeat(32) };

/** How the world reaches the gateway. */
export function tunnelSettings(exampleName: string) {
  const access = section({
    emails: optionally(list(text(EMAIL))),
    emailDomains: optionally(list(hostname("example.com"))),
  });
  const account = {
    accountId: text(CLOUDFLARE_ID),
    zoneId: text(CLOUDFLARE_ID),
    access: optionally(access),
  };
  return {
    tunnel: setting(
      variants("kind", {
        local: {},
        own: { ...account, name: name(exampleName), connectorImage: optionally(imageReference()) },
        shared: {
          ...account,
          tunnelId: text(TUNNEL_ID),
          service: optionally(url(["http", "https"])),
          takeOver: optionally(flag()),
          dnsRecords: optionally(flag()),
        },
      }),
      {
        description:
          "How the world reaches the gateway: {kind: local}; on Cloudflare {kind: own, accountId, zoneId, name}, or " +
          "{kind: shared, accountId, zoneId, tunnelId, service} in a tunnel that others use too. See docs/tunnels.md.",
        default: { kind: "local" },
        identity: (tunnel) =>
          tunnel.kind === "own" ? `tunnel ${tunnel.name} of account ${tunnel.accountId}` : undefined,
      },
    ),
    cloudflareApiToken: setting(secret(), {
      description: "Cloudflare API token, for a tunnel of kind own or shared.",
      optional: true,
    }),
  };
}

/** Their values, as far as they could be read, with the gateway's. */
type Values = Partial<ValuesOf<ReturnType<typeof tunnelSettings>>> & GatewayValues;

/** What must hold between them, and between them and the gateway's. */
export function tunnelRules(values: Values): Issue[] {
  const { tunnel } = values;
  if (tunnel !== undefined && tunnel.kind !== "local") {
    const reason = `is needed for a tunnel of kind ${tunnel.kind}`;
    const fix = [setSecret(["cloudflareApiToken"])];
    const token = missing("cloudflareApiToken", values)
      ? [incomplete("cloudflareApiToken", reason, fix)]
      : [];
    return [...token, ...accessRules(values), ...serviceRules(values)];
  }
  if (values.tunnel?.kind === "local" && given("cloudflareApiToken", values)) {
    const reason = "is not used by a tunnel of kind local: whoever holds it can redirect your hostnames";
    return [unusedSecret("cloudflareApiToken", reason)];
  }
  return [];
}

/** Access that names nobody would let nobody in. */
function accessRules({ tunnel }: Values): Issue[] {
  const access = tunnel === undefined || tunnel.kind === "local" ? undefined : tunnel.access;
  if (access === undefined || (access.emails?.length ?? 0) + (access.emailDomains?.length ?? 0) > 0)
    return [];
  const reason = "names nobody who may pass: give it emails or emailDomains";
  const path = ["tunnel", "access"];
  return [{ problem: "incomplete", path, reason, fix: [set("example.com", [...path, "emailDomains", 0])] }];
}

/** The service of a shared tunnel is this environment's gateway, and not another environment's. */
function serviceRules({ tunnel, hostPort, httpsPort, bindAddress }: Values): Issue[] {
  if (
    tunnel?.kind !== "shared" ||
    tunnel.service === undefined ||
    hostPort === undefined ||
    bindAddress === undefined
  )
    return [];
  const { hostname, port, protocol } = new URL(tunnel.service);
  const path = ["tunnel", "service"];
  const servicePort = Number(port || (protocol === "https:" ? 443 : 80));
  if (servicePort !== hostPort && servicePort !== httpsPort) {
    const reason = `sends requests to port ${servicePort}, and this environment's gateway listens on ${hostPort}`;
    const fix = [set(tunnel.service.replace(/^(\w+:\/\/[^/]*?)(:\d+)?(\/.*)?$/, `$1:${hostPort}`), path)];
    return [{ problem: "other-gateway", path, reason, fix }];
  }
  const isLoopback = (address: string) => /^(127\.|\[?::1\]?$|localhost$)/.test(address);
  if (isLoopback(bindAddress) && !isLoopback(hostname)) {
    const reason = `is ${hostname}, where nothing listens: the gateway listens on ${bindAddress} only`;
    return [
      { problem: "unreachable", path, reason, fix: [set(hostname, ["bindAddress"])], severity: "warning" },
    ];
  }
  return [];
}
