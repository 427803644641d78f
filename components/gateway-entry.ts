// The gateway's first process: it holds the clients' connections, ends TLS where it is asked to, and is never reloaded.
import {
  type ClientOptions,
  indent,
  places,
  readClient,
  serveClient,
  serverOptions,
} from "./gateway-clients.ts";

/** TLS at the gateway itself. Without it, whoever stands in front of the gateway ends TLS: a tunnel, a load balancer. */
export interface GatewayTls {
  /** Port on the Docker host. */
  hostPort: number;
  /** Hostnames that are served; a connection for another name gets no certificate. */
  hostnames: string[];
}

/** What of the entry can be set. */
export interface EntryOptions extends ClientOptions {
  /** @default none */
  tls?: GatewayTls | undefined;
  /** Answer requests that came without TLS with a redirect. @default false */
  forceHttps?: boolean | undefined;
  /**
   * Names on the environment's network under which its services reach each other through this gateway, each with the port that they
   * ask, as in `{ pdf: 3000 }` for `http://pdf:3000`. A change of them is a new gateway. @default none
   */
  names?: Readonly<Record<string, number>> | undefined;
}

/**
 * How either process writes its log: without what a client may have put secrets into, which is the query and the headers,
 * and no other than JSON, which keeps control characters from a terminal.
 */
export const LOG_FORMAT = [
  "format filter {",
  "\twrap json",
  "\tfields {",
  '\t\trequest>uri regexp "[?#].*" ""',
  "\t\trequest>headers delete",
  "\t\tresp_headers delete",
  "\t}",
  "}",
];

/** Port for TLS inside the container. */
export const CONTAINER_TLS_PORT = 8443;

const HTTPS_PORT = 443;
/** Seconds after which a client that was turned away may try again. */
const RETRY_AFTER_SECONDS = 2;

/**
 * Nothing of it changes with a route, so it is never reloaded: a server that is reloaded closes idle connections, and a
 * client may be about to send a request on one. It opens a connection to the router for each request, and asks each
 * time which socket is the router's.
 */
export function entryConfig(
  httpPort: number,
  graceSeconds: number,
  healthHost: string,
  options: EntryOptions,
) {
  const { tls, forceHttps = false, names = {} } = options;
  const ports = [...new Set(Object.values(names))].filter((port) => port !== httpPort);
  const global = [
    "{",
    "\tadmin off",
    // Caddy's own certificate authority makes certificates for the hostnames that are named and for no other.
    ...(tls === undefined
      ? ["\tauto_https off"]
      : ["\tauto_https disable_redirects", "\tskip_install_trust", `\thttps_port ${CONTAINER_TLS_PORT}`]),
    `\thttp_port ${httpPort}`,
    "\tpersist_config off",
    `\tgrace_period ${graceSeconds}s`,
    "\tservers {",
    ...(tls === undefined ? [] : ["\t\tprotocols h1 h2"]),
    ...indent(serverOptions(options), 2),
    "\t}",
    ...entryLog(),
    "}",
    "",
  ];
  const health = [`http://${healthHost} {`, ...indent(proxy("/tmp/router", [])), "}", ""];
  const sites = ["http://", ...ports.map((port) => `http://:${port}`)].join(", ");
  const plain = [`${sites} {`, ...serve(options, forceHttps ? redirect(tls) : []), "}", ""];
  return [
    ...global,
    ...health,
    ...places(),
    ...plain,
    ...(tls === undefined ? [] : secured(tls, options)),
  ].join("\n");
}

function entryLog(): string[] {
  return indent(["log {", "\toutput stdout", ...indent(LOG_FORMAT), "\tlevel WARN", "}"]);
}

/**
 * 308 keeps method and body. A proxy that ended TLS says so in the header; whoever else says it is spared the redirect, and
 * nothing more: the application isn't told.
 */
function redirect(tls: GatewayTls | undefined): string[] {
  const port = tls === undefined || tls.hostPort === HTTPS_PORT ? "" : `:${tls.hostPort}`;
  return ["@plain not header X-Forwarded-Proto https", `redir @plain https://{host}${port}{uri} 308`];
}

function secured({ hostnames }: GatewayTls, options: EntryOptions): string[] {
  const sites = hostnames.map((hostname) => `https://${hostname}`).join(", ");
  return [`${sites} {`, "\ttls internal", ...serve(options, []), "}", ""];
}

/** To the router, by the file that holds its address; `more` is what bounds the requests under way, among others. */
function proxy(addressFile: string, more: string[]): string[] {
  return [
    `reverse_proxy unix/{file.${addressFile}} {`,
    ...indent(more),
    "\tlb_try_duration 2s",
    "\tlb_try_interval 50ms",
    // What a stranger said is gone by now.
    "\ttrusted_proxies 0.0.0.0/0 ::/0",
    "\ttransport http {",
    "\t\tkeepalive 30s",
    "\t\tkeepalive_idle_conns_per_host 128",
    "\t}",
    "}",
  ];
}

/**
 * What clients ask for: as many requests at once as the gateway's limits allow; one more waits, and then is told so. What
 * gets through is in the router's access log, and what is turned away in this one. It is the same where no file can be
 * opened any more to read the router's address from.
 */
function serve(options: EntryOptions, first: string[]): string[] {
  const toRouter = (addressFile: string, most: string, more: string[]) =>
    proxy(addressFile, [
      `unhealthy_request_count ${most}`,
      "header_up X-Forwarded-For {vars.client}",
      ...more,
    ]);
  const inOrder = [...first, ...readClient(options), ...serveClient(options, toRouter)];
  return indent([
    "log",
    "log_skip",
    "route {",
    ...indent(inOrder),
    "}",
    "handle_errors 500 503 {",
    "\tvars log_skip false",
    `\theader Retry-After ${RETRY_AFTER_SECONDS}`,
    '\trespond "This gateway has as many requests under way as its limits allow." 503',
    "}",
  ]);
}
