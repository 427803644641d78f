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
  const plain = ["http:// {", ...(forceHttps ? redirect(healthHost, tls) : []), ...PROXY, "}", ""];
  return [...global, ...plain, ...(tls === undefined ? [] : secured(tls))].join("\n");
}

/** 308 keeps method and body; a proxy that ended TLS says so in the header. */
function redirect(healthHost: string, tls: GatewayTls | undefined): string[] {
  const port = tls === undefined || tls.hostPort === HTTPS_PORT ? "" : `:${tls.hostPort}`;
  return [
    "\t@plain {",
    "\t\tnot header X-Forwarded-Proto https",
    `\t\tnot host ${healthHost}`,
    "\t}",
    `\tredir @plain https://{host}${port}{uri} 308`,
  ];
}

function secured({ hostnames }: GatewayTls): string[] {
  const sites = hostnames.map((hostname) => `https://${hostname}`).join(", ");
  return [`${sites} {`, "\ttls internal", ...PROXY, "}", ""];
}

const PROXY = [
  "\treverse_proxy unix/{file./tmp/router} {",
  "\t\tlb_try_duration 10s",
  "\t\tlb_try_interval 50ms",
  "\t\ttrusted_proxies private_ranges",
  "\t\ttransport http {",
  "\t\t\tkeepalive 30s",
  "\t\t\tkeepalive_idle_conns_per_host 128",
  "\t\t}",
  "\t}",
];
