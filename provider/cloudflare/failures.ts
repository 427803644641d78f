// Tells the failures of Cloudflare's API apart: wait, try again, or give up with a sentence that says what to do.
import { APIConnectionError, APIError } from "cloudflare/error";

/** What Cloudflare's numbers mean, as far as a sentence of ours says more than Cloudflare's. */
const HINTS: Readonly<Record<number, string>> = {
  1003: "Look at the ids: the account, zone or object may be another one, or be gone.",
  1013: "Choose another name, remove that tunnel, or import it (id: <account_id>/<tunnel_id>).",
  1022: "Stop its connectors (cloudflared) first; connections are counted for some moments longer.",
  1056: "The last ingress rule must have neither hostname nor path, such as { service: http_status:404 }.",
  6003: "The API token is no token: set it again, without quotes or line breaks.",
  7003: "Look at the ids: the account or zone is another one, or the API token may not see it.",
  9106: "Set an API token: pulumi config set --secret cloudflare:apiToken, or CLOUDFLARE_API_TOKEN.",
  9109: "The API token is not valid, or has expired, or may not be used from this address.",
  10000:
    "The API token is not valid, or lacks a permission: tunnels need Cloudflare Tunnel: Edit, records DNS: Edit (zone), " +
    "applications and policies Access: Apps and Policies: Edit.",
  81053: "Remove that record, or import it (id: <zone_id>/<dns_record_id>).",
  81054: "Remove that record, or import it (id: <zone_id>/<dns_record_id>).",
  81057: "Remove that record, or import it (id: <zone_id>/<dns_record_id>).",
  81058: "Remove that record, or import it (id: <zone_id>/<dns_record_id>).",
};

/** Cloudflare's error numbers in a failure, such as 81057. */
export function codesOf(error: unknown): number[] {
  return error instanceof APIError ? listOf(error).map(({ code }) => Number(code)) : [];
}

/** HTTP status of a failure; undefined when there was no answer. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof APIError ? error.status : undefined;
}

/** What was asked for isn't there. */
export function isGone(error: unknown): boolean {
  return statusOf(error) === 404;
}

/** Too many requests: nothing was done, and the same request may be sent again later. */
export function isRefusedForNow(error: unknown): boolean {
  return statusOf(error) === 429;
}

/** No clear answer: the request may have been carried out or not. */
export function isUnclear(error: unknown): boolean {
  const status = statusOf(error);
  return error instanceof APIConnectionError || (status !== undefined && (status >= 500 || status === 408));
}

/** How long Cloudflare asks to wait, in milliseconds; undefined when it doesn't say. */
export function retryAfter(error: unknown, now: number): number | undefined {
  const value = error instanceof APIError ? error.headers?.get("retry-after") : undefined;
  if (!value) return undefined;
  const wait = /^\d+(\.\d+)?$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isNaN(wait) ? undefined : Math.max(wait, 0);
}

/** Makes one clear message of a failure. `what` is what was tried, such as "create DNS record a.example.com". */
export function describe(error: unknown, what: string): Error {
  if (!(error instanceof APIError)) return error instanceof Error ? error : new Error(String(error));
  const errors = listOf(error);
  if (error instanceof APIConnectionError) {
    const cause = error.cause instanceof Error ? ` (${causeOf(error.cause)})` : "";
    return new Error(
      `can't ${what}: Cloudflare's API can't be reached${cause}. Is there a network, and is baseUrl right where it is set?`,
      { cause: error },
    );
  }
  const said = errors.map(({ code, message }) => `${message || "no message"} (${code})`).join("; ");
  const hints = [...new Set(errors.flatMap(({ code }) => HINTS[Number(code)] ?? []))];
  const sentence = `can't ${what}: Cloudflare answered ${error.status ?? "nothing"}${said ? `: ${said}` : ""}`;
  return new Error([sentence.replace(/\.$/, ""), ...hints].join(". "), { cause: error });
}

function listOf(error: APIError): readonly { code?: number; message?: string }[] {
  return Array.isArray(error.errors) ? error.errors : [];
}

function causeOf(error: Error): string {
  return error.cause instanceof Error ? error.cause.message || error.cause.name : error.message;
}
