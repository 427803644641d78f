// Who a policy of Cloudflare Access means: the selectors in its lists of rules.
import type { WireSpec, WireTable } from "./wire.ts";

/** A property that only the official plugin serves. */
export function officialOnly(type: "map" | "objects" | "object" | "string" | "boolean"): WireSpec {
  const given = { unread: true, validate: () => "is served by the official cloudflare plugin only" };
  // An `object` without fields would accept anything.
  return { type: type === "object" ? "map" : type, ...given };
}

const by = (field: string): WireSpec => ({
  type: "object",
  fields: { [field]: { type: "string", required: true } },
});

/** A selector without a value: that it is there says all. */
const flag: WireSpec = {
  type: "object",
  fields: {},
  same: (old, next) => (old === undefined || old === null) === (next === undefined || next === null),
};

/** Selectors of one rule; a rule has exactly one. */
export const selectors: WireTable = {
  anyValidServiceToken: flag,
  authMethod: by("authMethod"),
  certificate: flag,
  commonName: by("commonName"),
  email: by("email"),
  emailDomain: by("domain"),
  emailList: by("id"),
  everyone: flag,
  geo: by("countryCode"),
  group: by("id"),
  ip: by("ip"),
  ipList: by("id"),
  loginMethod: by("id"),
  serviceToken: by("tokenId"),
  authContext: officialOnly("object"),
  azureAd: officialOnly("object"),
  cloudflareAccountMember: officialOnly("object"),
  devicePosture: officialOnly("object"),
  externalEvaluation: officialOnly("object"),
  githubOrganization: officialOnly("object"),
  gsuite: officialOnly("object"),
  linkedAppToken: officialOnly("object"),
  oidc: officialOnly("object"),
  okta: officialOnly("object"),
  saml: officialOnly("object"),
  userRiskScore: officialOnly("object"),
};
