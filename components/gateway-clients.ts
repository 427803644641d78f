// What one client of a gateway may take, and what is believed of it: its share of the places, its body, its headers.

/** What of it can be set. */
export interface ClientOptions {
  /** Addresses and ranges of the proxies that are believed, as the gateway's arguments have them. @default nobody */
  trustedProxies?: string[] | undefined;
  /** Name of the container that is believed besides: the connector of the environment's own tunnel. @default none */
  connector?: string | undefined;
  /**
   * Share of the gateway's places that the requests under way of one client's address may take, in percent, 1 to 100. A
   * proxy that isn't among `trustedProxies` is one client with all of its own. @default 50
   */
  clientPercent?: number | undefined;
  /** Largest body of a request, in MiB; a larger one is answered with 413. @default 1024 */
  maxBodyMb?: number | undefined;
}

/** Half: whoever takes all that one address may leaves as much to everybody else. */
const CLIENT_PERCENT = 50;
/** A gibibyte: an upload of some hundred megabytes goes through, and none fills a disk by itself. */
const MAX_BODY_MB = 1024;
/** Port inside the container, on its loopback, at which clients are counted. */
const PLACES_PORT = 9090;
/** The same for their uploads. */
const UPLOADS_PORT = 9091;
/** Bodies below this many digits of bytes are read whole before they take a place; all else is an upload. */
const SMALL_BODY_DIGITS = 4;
/** Room for the largest of them. */
const SMALL_BODY = "16KiB";
/** Seconds in which a client has to go on with its body. Applications' own limits are mostly 20 s to 60 s. */
const BODY_IDLE_SECONDS = 30;
/** File with the connector's address; empty where none runs. */
const CONNECTOR_FILE = "/tmp/connector";
/** How often it is looked up: for so long a connector that was replaced isn't believed. */
const CONNECTOR_SECONDS = 2;

/** What proxies say of a client. Applications know many more names than the gateway sets, and believe them. */
const SAID_OF_CLIENTS = [
  ...["X-Forwarded-*", "Forwarded", "X-Real-Ip", "X-Client-Ip", "X-Cluster-Client-Ip", "True-Client-Ip"],
  ...["Cf-Connecting-*", "Cf-Visitor", "Fastly-Client-Ip", "X-Original-*", "X-Rewrite-*", "X-Scheme"],
];

/** Options of the entry's server. */
export function serverOptions({ trustedProxies = [] }: ClientOptions): string[] {
  const trusted = trustedProxies.length === 0 ? [] : [`trusted_proxies static ${trustedProxies.join(" ")}`];
  return [
    // As Node and nginx have it; some 16 KiB for each connection are what a gateway has memory for.
    "max_header_size 16KiB",
    ...trusted,
    // The last address that no trusted proxy has: what stands before it, anybody may have written.
    ...(trusted.length === 0 ? [] : ["trusted_proxies_strict"]),
    "timeouts {",
    "\tread_header 15s",
    `\tread_body_idle ${BODY_IDLE_SECONDS}s`,
    "\twrite_idle 60s",
    // Longer than proxies keep a connection that they don't use (90 s of cloudflared).
    "\tidle 2m",
    "}",
  ];
}

/** Takes from a request what a stranger says of itself, and keeps the client's address, as `{vars.client}`. */
export function readClient({ trustedProxies = [], connector }: ClientOptions): string[] {
  const strangers = [
    ...(trustedProxies.length === 0 ? [] : [`\tnot remote_ip ${trustedProxies.join(" ")}`]),
    ...(connector === undefined ? [] : [`\tnot vars {remote_host} {file.${CONNECTOR_FILE}}`]),
  ];
  const tunnelled = [
    "@tunnelled {",
    `\tvars {remote_host} {file.${CONNECTOR_FILE}}`,
    "\theader_regexp Cf-Connecting-Ip ^[0-9A-Fa-f:.]+$",
    "}",
    "vars @tunnelled client {header.Cf-Connecting-Ip}",
  ];
  return [
    "vars client {client_ip}",
    ...(connector === undefined ? [] : tunnelled),
    ...(strangers.length === 0 ? [] : ["@stranger {", ...strangers, "}"]),
    ...SAID_OF_CLIENTS.map((name) => `request_header ${strangers.length === 0 ? "" : "@stranger "}-${name}`),
  ];
}

/**
 * Leads a request to the router, once its client has a place, and one is free. A small body is read whole before; a large
 * one, or one of unknown length, takes a place among those for uploads, so that bodies that never end leave the others.
 *
 * @param toRouter the proxy to the router by the file that holds its address, what bounds it, and what it is given besides
 */
export function serveClient(
  { maxBodyMb = MAX_BODY_MB }: ClientOptions,
  toRouter: (addressFile: string, most: string, more: string[]) => string[],
): string[] {
  const small = toRouter("/tmp/router", "{$MAX_REQUESTS}", [`request_buffers ${SMALL_BODY}`]);
  const upload = toRouter("/tmp/uploads", "{$MAX_UPLOADS}", []);
  return [
    "map {vars.client} {place} {",
    // One of 127.0.0.0/8 for each client: the proxy counts what is under way by address.
    "\t~^\\d+\\.(\\d+)\\.(\\d+)\\.(\\d+)$ 127.$1.$2.$3",
    // By the last digit of their networks.
    ...[..."0123456789abcdef"].map(
      (digit, at) => `\t"~(?i)^([0-9a-f]*:){3}[0-9a-f]*${digit}:" 127.0.1.${at + 1}`,
    ),
    "\tdefault 127.0.0.1",
    "}",
    `@long header_regexp Content-Length ^0*[1-9][0-9]{${SMALL_BODY_DIGITS},}$`,
    "vars @long body upload",
    "@chunked header Transfer-Encoding *",
    "vars @chunked body upload",
    "@unsized {",
    "\tprotocol http/2+",
    "\tnot header Content-Length *",
    "\tnot method GET HEAD OPTIONS",
    "}",
    "vars @unsized body upload",
    "@upload vars {vars.body} upload",
    "handle @upload {",
    ...indent(["request_body {", `\tmax_size ${maxBodyMb}MiB`, "}"]),
    ...indent(withPlace(UPLOADS_PORT, "{$MAX_CLIENT_UPLOADS}", upload)),
    "}",
    "handle {",
    // By its length it is smaller, and where it has none, it must not be read by halves.
    ...indent(["request_body {", `\tmax_size ${SMALL_BODY}`, "}"]),
    ...indent(withPlace(PLACES_PORT, "{$MAX_CLIENT_REQUESTS}", small)),
    "}",
  ];
}

/**
 * Serves within a place of the client. Caddy bounds what is under way by the address that it leads to, and counts on while
 * the answer is handled: so each client has an address of its own that answers at once, and serving is what is done then.
 */
function withPlace(port: number, most: string, serve: string[]): string[] {
  return [
    "reverse_proxy {",
    "\tdynamic a {",
    "\t\tname {place}",
    `\t\tport ${port}`,
    "\t\trefresh 1h",
    "\t\tversions ipv4",
    "\t}",
    `\tunhealthy_request_count ${most}`,
    "\tlb_try_duration 2s",
    "\tlb_try_interval 100ms",
    "\tmethod GET",
    "\trewrite /",
    "\theader_up -*",
    "\ttransport http {",
    "\t\tkeepalive 1s",
    // Of all clients together: each is two files.
    "\t\tkeepalive_idle_conns 32",
    "\t\tkeepalive_idle_conns_per_host 2",
    "\t}",
    "\t@place status 204",
    "\thandle_response @place {",
    ...indent(serve, 2),
    "\t}",
    "}",
  ];
}

/** What answers at the clients' addresses. */
export function places(): string[] {
  return [
    `http://:${PLACES_PORT}, http://:${UPLOADS_PORT} {`,
    "\t@elsewhere not remote_ip 127.0.0.0/8",
    "\tabort @elsewhere",
    "\trespond 204",
    "}",
    "",
  ];
}

/** Sets what {@link serveClient} reads from the environment, from `MAX_REQUESTS`; part of the gateway's script. */
export function clientLimits({ clientPercent = CLIENT_PERCENT }: ClientOptions): string {
  return `export MAX_UPLOADS=$((MAX_REQUESTS / 4))
export MAX_CLIENT_REQUESTS=$(((MAX_REQUESTS * ${clientPercent} + 99) / 100))
export MAX_CLIENT_UPLOADS=$(((MAX_UPLOADS * ${clientPercent} + 99) / 100))
`;
}

/** Keeps the connector's address in its file; part of the gateway's script. */
export function followConnector({ connector }: ClientOptions): string {
  if (connector === undefined) return "";
  return `: > ${CONNECTOR_FILE}
(
	while :; do
		getent hosts ${connector} | { read -r address rest; echo "$address"; } > ${CONNECTOR_FILE}.next
		mv ${CONNECTOR_FILE}.next ${CONNECTOR_FILE}
		sleep ${CONNECTOR_SECONDS}
	done
) &
`;
}

/** The lines, further in. */
export function indent(lines: string[], tabs = 1): string[] {
  return lines.map((line) => `${"\t".repeat(tabs)}${line}`);
}

const ADDRESS = /^(\d{1,3}(\.\d{1,3}){3}(\/\d{1,2})?|[0-9a-f:]*:[0-9a-f:.]*(\/\d{1,3})?)$/i;

/** What is wrong with the options; undefined if nothing is. */
export function clientProblem(options: ClientOptions): string | undefined {
  const { trustedProxies = [], clientPercent = CLIENT_PERCENT, maxBodyMb = MAX_BODY_MB } = options;
  const stranger = trustedProxies.find((address) => !ADDRESS.test(address));
  if (stranger !== undefined)
    return `trustedProxies: '${stranger}' is neither an IP address nor a range such as 10.1.0.0/16.`;
  if (!Number.isInteger(clientPercent) || clientPercent < 1 || clientPercent > 100)
    return `clientPercent is ${clientPercent}; it must be a whole number from 1 to 100.`;
  if (!Number.isInteger(maxBodyMb) || maxBodyMb < 1)
    return `maxBodyMb is ${maxBodyMb}; it must be a whole number from 1.`;
  return undefined;
}
