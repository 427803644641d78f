// The envelope in which Cloudflare's API answers, and its error codes as far as the emulator uses them.

/** One error in an envelope. */
export interface ApiError {
  readonly code: number;
  readonly message: string;
  readonly error_chain?: readonly { code: number; message: string }[];
}

/** Ends a request with an error envelope. */
export class Refusal extends Error {
  readonly status: number;
  readonly errors: readonly ApiError[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, error: ApiError, headers: Record<string, string> = {}) {
    super(error.message);
    this.status = status;
    this.errors = [error];
    this.headers = headers;
  }
}

const CHAIN = [{ code: 6111, message: "Invalid format for Authorization header" }];

/** Errors as Cloudflare words them. */
export const refusals = {
  noLogin: () =>
    new Refusal(400, { code: 9106, message: "Missing X-Auth-Key, X-Auth-Email or Authorization headers" }),
  malformedLogin: () =>
    new Refusal(400, { code: 6003, message: "Invalid request headers", error_chain: CHAIN }),
  wrongToken: () => new Refusal(403, { code: 9109, message: "Invalid access token" }),
  notAllowed: () => new Refusal(403, { code: 10000, message: "Authentication error" }),
  noRoute: (path: string) =>
    new Refusal(404, {
      code: 7003,
      message: `Could not route to ${path}, perhaps your object identifier is invalid?`,
    }),
  badBody: (message: string) => new Refusal(400, { code: 6007, message }),
  tooMany: (seconds: number) =>
    new Refusal(
      429,
      { code: 971, message: "Please wait and consider throttling your request speed" },
      { "retry-after": String(seconds) },
    ),
  unavailable: () => new Refusal(503, { code: 10013, message: "An unknown error has occurred" }),
  noTunnel: () => new Refusal(404, { code: 1003, message: "Tunnel not found" }),
  tunnelExists: () =>
    new Refusal(409, {
      code: 1013,
      message:
        "You already have a tunnel with this name. Delete the existing tunnel, or choose a different name for your new tunnel",
    }),
  tunnelBusy: () =>
    new Refusal(400, {
      code: 1022,
      message: "Cannot delete tunnel because it has active connections",
    }),
  badConfiguration: (why: string) =>
    new Refusal(400, { code: 1056, message: `Bad Configuration: Validation failed: ${why}` }),
  noRecord: () => new Refusal(404, { code: 81044, message: "Record does not exist." }),
  hostTaken: () =>
    new Refusal(400, { code: 81053, message: "An A, AAAA, or CNAME record with that host already exists." }),
  hostIsAlias: () =>
    new Refusal(400, { code: 81054, message: "A CNAME record with that host already exists." }),
  sameRecord: () => new Refusal(400, { code: 81058, message: "An identical record already exists." }),
  badRecord: (message: string) => new Refusal(400, { code: 9000, message }),
  noAccess: () => new Refusal(404, { code: 11021, message: "access.api.error.unknown_application" }),
  applicationExists: () =>
    new Refusal(409, { code: 11010, message: "access.api.error.application_already_exists" }),
  badAccess: (why: string) =>
    new Refusal(400, { code: 12130, message: `access.api.error.invalid_request: ${why}` }),
};

/** A list of which one page is answered. */
export class List {
  readonly items: readonly unknown[];

  constructor(items: readonly unknown[]) {
    this.items = items;
  }
}

/** The answer to a request that went well. */
export function success(result: unknown, query: URLSearchParams, defaultPerPage: number): Response {
  if (!(result instanceof List)) return json(200, { success: true, errors: [], messages: [], result });
  const page = Math.max(1, Number(query.get("page") ?? 1));
  const perPage = Math.max(1, Number(query.get("per_page") ?? defaultPerPage));
  const items = result.items.slice((page - 1) * perPage, page * perPage);
  const total = result.items.length;
  const info = {
    page,
    per_page: perPage,
    count: items.length,
    total_count: total,
    total_pages: Math.ceil(total / perPage),
  };
  return json(200, { success: true, errors: [], messages: [], result: items, result_info: info });
}

/** The answer to a request that was refused. */
export function failure({ status, errors, headers }: Refusal): Response {
  return json(status, { success: false, errors, messages: [], result: null }, headers);
}

function json(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json", ...headers },
  });
}
