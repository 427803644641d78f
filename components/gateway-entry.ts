// The gateway's first process: it holds the clients' connections, ends TLS where it is asked to, and is never reloaded.

/** TLS at the gateway itself. Without it, whoever stands in front of the gateway ends TLS: a tunnel, a load balancer. */
export interface GatewayTls {
  /** Port on the Docker host. */
  hostPort: number;
  /** Hostnames that are served; a connection for another name gets no certificate. */
  hostnames: string[];
}

/** What of the entry can be set. */
export interface EntryOptions {
  /** @default none */
  tls?: GatewayTls | undefined;
  /** Answer requests that came without TLS with a redirect. @default false */
  forceHttps?: boolean | undefined;
}

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
  const { tls, forceHttps = false } = options;
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
    ...(tls === undefined ? [] : ["\tservers {", "\t\tprotocols h1 h2", "\t}"]),
    "\tlog {",
    "\t\toutput stdout",
    "\t\tformat json",
    "\t\tlevel WARN",
    "\t}",
    "}",
    "",
  ];
  const health = [`http://${healthHost} {`, ...proxy([]), "}", ""];
  const plain = ["http:// {", ...(forceHttps ? redirect(tls) : []), ...SERVE, "}", ""];
  return [...global, ...health, ...plain, ...(tls === undefined ? [] : secured(tls))].join("\n");
}

/** 308 keeps method and body; a proxy that ended TLS says so in the header. */
function redirect(tls: GatewayTls | undefined): string[] {
  const port = tls === undefined || tls.hostPort === HTTPS_PORT ? "" : `:${tls.hostPort}`;
  return ["\t@plain not header X-Forwarded-Proto https", `\tredir @plain https://{host}${port}{uri} 308`];
}

function secured({ hostnames }: GatewayTls): string[] {
  const sites = hostnames.map((hostname) => `https://${hostname}`).join(", ");
  return [`${sites} {`, "\ttls internal", ...SERVE, "}", ""];
}

/**
 * To the router.
 *
 * @param most what bounds the requests under way
 */
function proxy(most: string[]): string[] {
  return [
    "\treverse_proxy unix/{file./tmp/router} {",
    ...most,
    "\t\tlb_try_duration 2s",
    "\t\tlb_try_interval 50ms",
    "\t\ttrusted_proxies private_ranges",
    "\t\ttransport http {",
    "\t\t\tkeepalive 30s",
    "\t\t\tkeepalive_idle_conns_per_host 128",
    "\t\t}",
    "\t}",
  ];
}

/**
 * What clients ask for: as many requests at once as the gateway's limits allow; one more waits, and then is told so. What
 * gets through is in the router's access log, and what is turned away in this one. It is the same where no file can be
 * opened any more to read the router's address from.
 */
const SERVE = [
  "\tlog",
  "\tlog_skip",
  ...proxy(["\t\tunhealthy_request_count {$MAX_REQUESTS}"]),
  "\thandle_errors 500 503 {",
  "\t\tvars log_skip false",
  `\t\theader Retry-After ${RETRY_AFTER_SECONDS}`,
  '\t\trespond "This gateway has as many requests under way as its limits allow." 503',
  "\t}",
];
