// cloudflare:index/zeroTrustAccessApplication:ZeroTrustAccessApplication
import type {
  ApplicationCreateParams,
  ApplicationUpdateParams,
} from "cloudflare/resources/zero-trust/access/applications/applications";
import type { Properties } from "../../../plugin/values.ts";
import { officialOnly } from "./access-selectors.ts";
import { type CloudflareResource, str } from "./resource.ts";
import type { WireTable } from "./wire.ts";

const table: WireTable = {
  accountId: { type: "string", replace: true, address: true, description: "Account; or a zone." },
  zoneId: { type: "string", replace: true, address: true, description: "Zone; or an account." },
  type: {
    type: "string",
    computed: true,
    description: "Kind of the application.",
    validate: (value) =>
      value === "self_hosted"
        ? undefined
        : 'must be "self_hosted": others need the official cloudflare plugin',
  },
  name: { type: "string", computed: true, description: "Name of the application." },
  domain: {
    type: "string",
    computed: true,
    description: "Hostname, with a path where only a part is guarded.",
  },
  destinations: {
    type: "objects",
    computed: true,
    fields: {
      cidr: { type: "string" },
      hostname: { type: "string" },
      l4Protocol: { type: "string" },
      mcpServerId: { type: "string" },
      portRange: { type: "string" },
      type: { type: "string", default: "public" },
      uri: { type: "string" },
      vnetId: { type: "string" },
      workerId: { type: "string" },
    },
  },
  selfHostedDomains: { type: "strings", unordered: true, computed: true },
  policies: {
    type: "objects",
    description: "Policies that apply, first to last.",
    fields: {
      id: { type: "string", required: true, description: "A reusable policy." },
      precedence: { type: "integer", computed: true },
      connectionRules: officialOnly("object"),
      decision: officialOnly("string"),
      excludes: officialOnly("objects"),
      includes: officialOnly("objects"),
      mfaConfig: officialOnly("object"),
      name: officialOnly("string"),
      requires: officialOnly("objects"),
    },
  },
  sessionDuration: { type: "string", computed: true, description: "How long a login is good, such as 24h." },
  allowAuthenticateViaWarp: { type: "boolean" },
  allowIframe: { type: "boolean" },
  allowedIdps: { type: "strings", unordered: true, description: "Identity providers; all if none is given." },
  appLauncherVisible: { type: "boolean", computed: true },
  autoRedirectToIdentity: { type: "boolean" },
  corsHeaders: {
    type: "object",
    fields: {
      allowAllHeaders: { type: "boolean" },
      allowAllMethods: { type: "boolean" },
      allowAllOrigins: { type: "boolean" },
      allowCredentials: { type: "boolean" },
      allowedHeaders: { type: "strings", unordered: true },
      allowedMethods: { type: "strings", unordered: true },
      allowedOrigins: { type: "strings", unordered: true },
      maxAge: { type: "number" },
    },
  },
  customDenyMessage: { type: "string" },
  customDenyUrl: { type: "string" },
  customNonIdentityDenyUrl: { type: "string" },
  customPages: { type: "strings", unordered: true },
  enableBindingCookie: { type: "boolean" },
  httpOnlyCookieAttribute: { type: "boolean", computed: true },
  logoUrl: { type: "string" },
  optionsPreflightBypass: { type: "boolean" },
  pathCookieAttribute: { type: "boolean" },
  readServiceTokensFromHeader: { type: "string" },
  sameSiteCookieAttribute: { type: "string" },
  serviceAuth401Redirect: { type: "boolean", api: "service_auth_401_redirect" },
  skipInterstitial: { type: "boolean" },
  tags: { type: "strings", unordered: true },
  appLauncherLogoUrl: officialOnly("string"),
  bgColor: officialOnly("string"),
  footerLinks: officialOnly("objects"),
  headerBgColor: officialOnly("string"),
  landingPageDesign: officialOnly("object"),
  mfaConfig: officialOnly("object"),
  oauthConfiguration: officialOnly("object"),
  saasApp: officialOnly("object"),
  scimConfig: officialOnly("object"),
  skipAppLauncherLoginPage: officialOnly("boolean"),
  targetCriterias: officialOnly("objects"),
  aud: { type: "string", output: true },
};

const owner = ({ accountId, zoneId }: Properties) =>
  accountId === undefined ? { zone_id: str(zoneId) } : { account_id: str(accountId) };

/** An application guarded by Cloudflare Access. */
export const accessApplication: CloudflareResource = {
  what: "Access application",
  table,
  idParts: ["accounts|zones", "accountId", "appId"],
  tied: ["domain", "destinations", "selfHostedDomains"],
  nameOf: ({ name, domain }) => str(name) || str(domain),
  check({ accountId, zoneId, type, domain, destinations }) {
    if ((accountId === undefined) === (zoneId === undefined)) {
      return [{ property: "accountId", reason: "or zoneId must be given, and not both" }];
    }
    if (type === undefined) return [{ property: "type", reason: 'is missing; give it "self_hosted"' }];
    if (domain === undefined && destinations === undefined) {
      return [{ property: "domain", reason: "is missing; give it the hostname" }];
    }
    return [];
  },
  create: (properties, body) => {
    const params = { ...body, ...owner(properties) } as unknown as ApplicationCreateParams;
    return ({ sdk }, options) => sdk.zeroTrust.access.applications.create(params, options);
  },
  candidates: (properties) =>
    async function* ({ sdk }, options) {
      const all = sdk.zeroTrust.access.applications.list(owner(properties), options);
      for await (const application of all) {
        const { name, domain } = application as { name?: string; domain?: string };
        if (name === properties.name && domain === properties.domain) yield application;
      }
    },
  read:
    (id, properties) =>
    ({ sdk }, options) =>
      sdk.zeroTrust.access.applications.get(id, owner(properties), options),
  update: (id, properties, body) => {
    const params = { ...body, ...owner(properties) } as unknown as ApplicationUpdateParams;
    return ({ sdk }, options) => sdk.zeroTrust.access.applications.update(id, params, options);
  },
  delete:
    (id, properties) =>
    ({ sdk }, options) =>
      sdk.zeroTrust.access.applications.delete(id, owner(properties), options),
};
