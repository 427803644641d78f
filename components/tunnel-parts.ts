// What every kind of Cloudflare tunnel needs: the provider, a guard before the hostnames, and their DNS records.
import { DnsRecord } from "@pulumi/cloudflare/dnsRecord.js";
import { Provider as CloudflareProvider } from "@pulumi/cloudflare/provider.js";
import { ZeroTrustAccessApplication } from "@pulumi/cloudflare/zeroTrustAccessApplication.js";
import { ZeroTrustAccessPolicy } from "@pulumi/cloudflare/zeroTrustAccessPolicy.js";
import * as pulumi from "@pulumi/pulumi";

/** What both kinds of tunnel say. */
export interface CloudflareTunnel {
  /** Cloudflare account. */
  accountId: pulumi.Input<string>;
  /** Zone of the hostnames. */
  zoneId: pulumi.Input<string>;
  /** API token (secret). It needs Cloudflare Tunnel: Edit and DNS: Edit; with `access`, Access: Apps and Policies: Edit. */
  apiToken: pulumi.Input<string>;
  /** Whom Cloudflare lets through to the hostnames, after a login. @default everybody, without one */
  access?: AccessRule;
}

/** Who may pass; one of the lists must have an entry. */
export interface AccessRule {
  /** E-mail addresses. @default none */
  emails?: pulumi.Input<string>[];
  /** Domains of e-mail addresses, such as `example.com`. @default none */
  emailDomains?: pulumi.Input<string>[];
  /** How long a login is good. @default 24h */
  sessionDuration?: pulumi.Input<string>;
}

/** A hostname of a component, with what it is made of. */
export interface Published {
  /** Name of the component, and prefix of its resources. */
  name: string;
  parent: pulumi.ComponentResource;
  provider: CloudflareProvider;
  hostnames: string[];
  tunnel: CloudflareTunnel;
}

/** The provider for the account. */
export function cloudflareProvider(
  name: string,
  parent: pulumi.Resource,
  { apiToken }: CloudflareTunnel,
): CloudflareProvider {
  return new CloudflareProvider(`${name}-cloudflare`, { apiToken: pulumi.secret(apiToken) }, { parent });
}

/**
 * Puts Cloudflare Access before the hostnames; what makes them reachable has to depend on the result, so that they are
 * never open for a moment.
 *
 * @throws Error if nobody could pass
 */
export function guardHostnames({ name, parent, provider, hostnames, tunnel }: Published): pulumi.Resource[] {
  const { access, accountId } = tunnel;
  if (access === undefined) return [];
  const { emails = [], emailDomains = [], sessionDuration = "24h" } = access;
  if (emails.length + emailDomains.length === 0) {
    throw new Error("TunnelRoute: access names nobody: give it emails or emailDomains");
  }
  const opts = { parent, provider };
  const includes = [
    ...emails.map((email) => ({ email: { email } })),
    ...emailDomains.map((domain) => ({ emailDomain: { domain } })),
  ];
  const policy = new ZeroTrustAccessPolicy(
    `${name}-access`,
    { accountId, name: `${name} ${hostnames[0] ?? ""}`, decision: "allow", includes, sessionDuration },
    opts,
  );
  return hostnames.map(
    (hostname) =>
      new ZeroTrustAccessApplication(
        `${name}-access-${hostname}`,
        {
          accountId,
          type: "self_hosted",
          name: hostname,
          domain: hostname,
          sessionDuration,
          policies: [{ id: policy.id, precedence: 1 }],
        },
        opts,
      ),
  );
}

/** Points the hostnames at a tunnel. */
export function pointAt(
  tunnelId: pulumi.Input<string>,
  { name, parent, provider, hostnames, tunnel }: Published,
  dependsOn: pulumi.Input<pulumi.Resource>[],
): void {
  for (const hostname of hostnames) {
    const record = {
      zoneId: tunnel.zoneId,
      name: hostname,
      type: "CNAME",
      content: pulumi.interpolate`${tunnelId}.cfargotunnel.com`,
      proxied: true,
      // 1 is "automatic", the only value that a proxied record takes.
      ttl: 1,
    };
    new DnsRecord(`${name}-${hostname}`, record, { parent, provider, dependsOn });
  }
}
