// cloudflare:index/dnsRecord:DnsRecord
import type { RecordCreateParams, RecordUpdateParams } from "cloudflare/resources/dns/records";
import { UNKNOWN } from "../../../plugin/values.ts";
import { type CloudflareResource, str } from "./resource.ts";
import type { WireTable } from "./wire.ts";

const TYPES =
  "A AAAA CNAME MX NS OPENPGPKEY PTR TXT CAA CERT DNSKEY DS HTTPS LOC NAPTR SMIMEA SRV SSHFP SVCB TLSA URI".split(
    " ",
  );

const table: WireTable = {
  zoneId: { type: "string", required: true, replace: true, address: true, description: "Zone." },
  name: {
    type: "string",
    required: true,
    description: "The whole name, such as app.example.com.",
    same: (old, next) => str(old).toLowerCase() === str(next).toLowerCase(),
  },
  type: {
    type: "string",
    required: true,
    replace: true,
    description: "Type of the record.",
    validate: (value) => (TYPES.includes(str(value)) ? undefined : `must be one of ${TYPES.join(", ")}`),
  },
  ttl: {
    type: "number",
    required: true,
    description: "Time to live in seconds; 1 is automatic.",
    validate: (value) =>
      value === 1 || (Number(value) >= 30 && Number(value) <= 86_400)
        ? undefined
        : "must be 1 (automatic) or from 30 to 86400",
  },
  content: { type: "string", computed: true, description: "What the name stands for." },
  data: { type: "map", description: "Parts of the content, for types that have several." },
  comment: { type: "string", description: "A remark." },
  priority: { type: "number", description: "Priority, for MX, SRV and URI." },
  privateRouting: { type: "boolean", description: "Route to a private network." },
  proxied: { type: "boolean", default: false, description: "Whether requests pass through Cloudflare." },
  includeShadowMetadata: { type: "boolean", kept: true, computed: true },
  settings: {
    type: "object",
    computed: true,
    fields: {
      flattenCname: { type: "boolean", computed: true },
      ipv4Only: { type: "boolean", computed: true },
      ipv6Only: { type: "boolean", computed: true },
    },
  },
  tags: { type: "strings", unordered: true, computed: true, description: "Tags." },
  commentModifiedOn: { type: "string", output: true },
  createdOn: { type: "string", output: true },
  meta: { type: "string", output: true },
  modifiedOn: { type: "string", output: true },
  proxiable: { type: "boolean", output: true },
  tagsModifiedOn: { type: "string", output: true },
};

/** A DNS record. */
export const dnsRecord: CloudflareResource = {
  what: "DNS record",
  table,
  idParts: ["zoneId", "dnsRecordId"],
  tied: ["content", "data"],
  nameOf: ({ name, type }) => `${str(type)} ${str(name)}`.trim(),
  check({ content, data, proxied, ttl }) {
    if (content !== undefined && data !== undefined) {
      return [{ property: "data", reason: "can't be given together with content" }];
    }
    if (content === undefined && data === undefined) {
      return [
        { property: "content", reason: "is missing; give it, or data for types that have several parts" },
      ];
    }
    // Cloudflare would set it to 1 by itself, and every preview would show a change.
    if (proxied === true && ttl !== 1 && ttl !== UNKNOWN) {
      return [{ property: "ttl", reason: "must be 1 for a proxied record" }];
    }
    return [];
  },
  create: ({ zoneId }, body) => {
    const params = { ...body, zone_id: str(zoneId) } as unknown as RecordCreateParams;
    return ({ sdk }, options) => sdk.dns.records.create(params, options);
  },
  candidates:
    ({ zoneId, name, type, content }) =>
    ({ sdk }, options) =>
      sdk.dns.records.list(
        {
          zone_id: str(zoneId),
          name: { exact: str(name) },
          type: str(type) as "CNAME",
          ...(content === undefined ? {} : { content: { exact: str(content) } }),
        },
        options,
      ),
  read:
    (id, { zoneId }) =>
    ({ sdk }, options) =>
      sdk.dns.records.get(id, { zone_id: str(zoneId) }, options),
  update: (id, { zoneId }, body) => {
    const params = { ...body, zone_id: str(zoneId) } as unknown as RecordUpdateParams;
    return ({ sdk }, options) => sdk.dns.records.update(id, params, options);
  },
  delete:
    (id, { zoneId }) =>
    ({ sdk }, options) =>
      sdk.dns.records.delete(id, { zone_id: str(zoneId) }, options),
};
