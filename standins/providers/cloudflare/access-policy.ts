// cloudflare:index/zeroTrustAccessPolicy:ZeroTrustAccessPolicy
import type { PolicyCreateParams, PolicyUpdateParams } from "cloudflare/resources/zero-trust/access/policies";
import { officialOnly, selectors } from "./access-selectors.ts";
import { type CloudflareResource, str } from "./resource.ts";
import type { WireSpec, WireTable } from "./wire.ts";

const DECISIONS = ["allow", "deny", "non_identity", "bypass"];

const rules = (api: string, description: string): WireSpec => ({
  type: "objects",
  api,
  fields: selectors,
  unordered: true,
  description,
  validate: (value) =>
    Array.isArray(value) && value.every((rule) => Object.keys(rule ?? {}).length === 1)
      ? undefined
      : "must be a list of rules with one selector each",
});

const table: WireTable = {
  accountId: { type: "string", required: true, replace: true, address: true, description: "Account." },
  name: { type: "string", required: true, description: "Name of the policy." },
  decision: {
    type: "string",
    required: true,
    description: "What happens to whom the rules mean.",
    validate: (value) =>
      DECISIONS.includes(str(value)) ? undefined : `must be one of ${DECISIONS.join(", ")}`,
  },
  includes: { ...rules("include", "Whom it means: one of these rules must hold."), computed: true },
  excludes: { ...rules("exclude", "Whom it doesn't mean."), computed: true },
  requires: { ...rules("require", "Rules that must hold as well, all of them."), computed: true },
  approvalGroups: {
    type: "objects",
    unordered: true,
    fields: {
      approvalsNeeded: { type: "number", required: true },
      emailAddresses: { type: "strings" },
      emailListUuid: { type: "string" },
    },
  },
  approvalRequired: { type: "boolean" },
  connectionRules: officialOnly("object"),
  isolationRequired: { type: "boolean" },
  mfaConfig: officialOnly("object"),
  purposeJustificationPrompt: { type: "string" },
  purposeJustificationRequired: { type: "boolean" },
  sessionDuration: { type: "string", default: "24h", description: "How long a login is good, such as 24h." },
  appCount: { type: "integer", output: true },
  createdAt: { type: "string", output: true },
  reusable: { type: "boolean", output: true },
  updatedAt: { type: "string", output: true },
};

/** A reusable policy of Cloudflare Access. */
export const accessPolicy: CloudflareResource = {
  what: "Access policy",
  table,
  idParts: ["accountId", "policyId"],
  nameOf: ({ name }) => str(name),
  create: ({ accountId }, body) => {
    const params = { include: [], ...body, account_id: str(accountId) } as unknown as PolicyCreateParams;
    return ({ sdk }, options) => sdk.zeroTrust.access.policies.create(params, options);
  },
  candidates: ({ accountId, name }) =>
    async function* ({ sdk }, options) {
      const all = sdk.zeroTrust.access.policies.list({ account_id: str(accountId) }, options);
      for await (const policy of all) if (policy.name === name) yield policy;
    },
  read:
    (id, { accountId }) =>
    ({ sdk }, options) =>
      sdk.zeroTrust.access.policies.get(id, { account_id: str(accountId) }, options),
  update: (id, { accountId }, body) => {
    const params = { include: [], ...body, account_id: str(accountId) } as unknown as PolicyUpdateParams;
    return ({ sdk }, options) => sdk.zeroTrust.access.policies.update(id, params, options);
  },
  delete:
    (id, { accountId }) =>
    ({ sdk }, options) =>
      sdk.zeroTrust.access.policies.delete(id, { account_id: str(accountId) }, options),
};
