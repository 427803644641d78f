// The emulator's objects, in the types of the official SDK: what it answers with is checked against them by the compiler.
import type { CNAMERecord, RecordCreateParams, RecordResponse } from "cloudflare/resources/dns/records";
import type { CloudflareTunnel } from "cloudflare/resources/shared";
import type {
  ApplicationCreateParams,
  ApplicationGetResponse,
} from "cloudflare/resources/zero-trust/access/applications/applications";
import type { PolicyCreateParams, PolicyGetResponse } from "cloudflare/resources/zero-trust/access/policies";
import type { CloudflaredCreateParams } from "cloudflare/resources/zero-trust/tunnels/cloudflared/cloudflared";
import type {
  ConfigurationGetResponse,
  ConfigurationUpdateParams,
} from "cloudflare/resources/zero-trust/tunnels/cloudflared/configurations";

/** A tunnel. */
export type Tunnel = CloudflareTunnel & {
  readonly id: string;
  readonly account_tag: string;
  readonly name: string;
};

/** A tunnel's configuration. */
export type Configuration = ConfigurationGetResponse & { readonly version: number };

/** One ingress rule as the API has it: the last one has no hostname, which the SDK's type leaves out. */
export type Rule = Omit<ConfigurationUpdateParams.Config.Ingress, "hostname"> & { hostname?: string };

/** A DNS record; all types have these properties. */
export type Record = Pick<
  RecordResponse.CNAMERecord,
  | "id"
  | "created_on"
  | "modified_on"
  | "proxiable"
  | "meta"
  | "content"
  | "proxied"
  | "comment"
  | "settings"
  | "tags"
> &
  Pick<CNAMERecord, "name" | "ttl"> & { readonly type: RecordResponse["type"]; readonly priority?: number };

/** An application guarded by Access. */
export type Application = ApplicationGetResponse.SelfHostedApplication & { readonly id: string };

/** A reusable policy of Access. */
export type Policy = PolicyGetResponse & { readonly id: string };

/** Names in the body that creates a tunnel. */
export const TUNNEL_KEYS = [
  "name",
  "config_src",
  "tunnel_secret",
] as const satisfies readonly (keyof CloudflaredCreateParams)[];

/** Names in the body that writes a configuration. */
export const CONFIGURATION_KEYS = ["config"] as const satisfies readonly (keyof ConfigurationUpdateParams)[];

/** Names in the body that creates a record. */
export const RECORD_KEYS = [
  "name",
  "type",
  "ttl",
  "content",
  "comment",
  "proxied",
  "settings",
  "tags",
  "private_routing",
  "priority",
  "include_shadow_metadata",
  "data",
] as const satisfies readonly KeysOf<RecordCreateParams>[];

/** Names in the body that creates an application. */
export const APPLICATION_KEYS = [
  "type",
  "name",
  "domain",
  "destinations",
  "self_hosted_domains",
  "policies",
  "session_duration",
  "allow_authenticate_via_warp",
  "allow_iframe",
  "allowed_idps",
  "app_launcher_visible",
  "auto_redirect_to_identity",
  "cors_headers",
  "custom_deny_message",
  "custom_deny_url",
  "custom_non_identity_deny_url",
  "custom_pages",
  "enable_binding_cookie",
  "http_only_cookie_attribute",
  "logo_url",
  "options_preflight_bypass",
  "path_cookie_attribute",
  "read_service_tokens_from_header",
  "same_site_cookie_attribute",
  "service_auth_401_redirect",
  "skip_interstitial",
  "tags",
] as const satisfies readonly (keyof ApplicationCreateParams.SelfHostedApplication)[];

/** Names in the body that creates a policy. */
export const POLICY_KEYS = [
  "name",
  "decision",
  "include",
  "exclude",
  "require",
  "approval_groups",
  "approval_required",
  "isolation_required",
  "purpose_justification_prompt",
  "purpose_justification_required",
  "session_duration",
] as const satisfies readonly (keyof PolicyCreateParams)[];

/** Keys of every member of a union. */
type KeysOf<T> = T extends unknown ? keyof T : never;
