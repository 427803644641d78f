// The gateway's configuration of one route, as text.
import { createHash } from "node:crypto";
import { hostname as hostnameProblem } from "../../lib/docker/values.ts";

/** What containers speak: HTTP/1.1, or HTTP/2 without TLS, as servers of gRPC do. */
export type UpstreamProtocol = "http" | "h2c";

const PROTOCOLS: readonly string[] = ["http", "h2c"] satisfies UpstreamProtocol[];

export interface RouteConfig {
  routeName: string;
  hostnames: string[];
  /** Only this path and what is below it. */
  path?: string;
  upstreams: string[];
  /** What the containers speak. @default "http" */
  protocol?: UpstreamProtocol;
  noindex: boolean;
  basicAuthUser?: string;
  basicAuthHash?: string;
}

/** A route as the gateway reads it. */
export interface RouteFiles {
  /** The site: what is the same whichever containers serve it. A change of it is a reload. */
  site: string;
  /** Addresses of the containers, by file name. The gateway reads them at each request. */
  upstreams: Record<string, string>;
}

/** Folder with the addresses, inside the gateway. */
export const UPSTREAMS_DIR = "/config/upstreams";

/** Script of the gateway that puts its files into force, unless they are. */
export const RELOAD_SCRIPT = "/config/reload.sh";

/** What may stand in the text without being able to end a line or open a block. */
const UPSTREAM = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*:[0-9]{1,5}$/;
const PATH = /^(\/[A-Za-z0-9_.-]+)+$/;
const USER = /^[A-Za-z0-9._@-]+$/;
const BCRYPT = /^\$2[abxy]\$[0-9]{2}\$[./A-Za-z0-9]{53}$/;
/** No dot, since a dot ends the name in the names of the route's files. */
const ROUTE_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_-]*$/;

/**
 * Everything that is wrong with a route, by property.
 *
 * @param given names of all properties, also of those whose values aren't known yet
 */
export function routeProblems(
  route: Partial<RouteConfig>,
  given: readonly string[] = Object.keys(route),
): { property: string; reason: string }[] {
  const problems: { property: string; reason: string }[] = [];
  const wrong = (property: string, reason: string) => problems.push({ property, reason });
  if (route.routeName !== undefined && !ROUTE_NAME.test(route.routeName)) {
    wrong("routeName", `'${route.routeName}' has characters besides letters, digits, _ and -`);
  }
  if (route.hostnames?.length === 0) wrong("hostnames", "is empty; a route needs at least one hostname.");
  for (const hostname of route.hostnames ?? []) {
    if (hostnameProblem(hostname) !== undefined) wrong("hostnames", `'${hostname}' is not a hostname.`);
  }
  if (route.path !== undefined && !PATH.test(route.path)) {
    wrong("path", `'${route.path}' is no path such as /ws: letters, digits and . _ - between slashes.`);
  }
  if (route.upstreams?.length === 0) wrong("upstreams", "is empty; a route needs at least one container.");
  for (const upstream of route.upstreams ?? []) {
    if (!UPSTREAM.test(upstream)) wrong("upstreams", `'${upstream}' is not 'container:port'.`);
  }
  if (route.protocol !== undefined && !PROTOCOLS.includes(route.protocol)) {
    wrong("protocol", `'${route.protocol}' is none of ${PROTOCOLS.join(", ")}.`);
  }
  if (given.includes("basicAuthUser") !== given.includes("basicAuthHash")) {
    wrong("basicAuthUser", "user and hash of basic authentication come together; one is missing.");
  }
  if (route.basicAuthUser !== undefined && !USER.test(route.basicAuthUser)) {
    wrong("basicAuthUser", `'${route.basicAuthUser}' has characters besides letters, digits and . _ @ -`);
  }
  if (route.basicAuthHash !== undefined && !BCRYPT.test(route.basicAuthHash)) {
    wrong("basicAuthHash", "is not a bcrypt hash.");
  }
  return problems;
}

/**
 * The same container under another name, for connections that are upgraded to WebSockets: the gateway counts requests
 * by address, and WebSockets would look like requests that never end.
 */
export function streamAddress(upstream: string): string {
  return upstream.replace(/:(?=[0-9]+$)/, ".:");
}

/** Name of the file with the address of one container, counted from 0. */
function upstreamFile(routeName: string, index: number): string {
  return `${routeName}.${index + 1}`;
}

const streamFile = (file: string) => `${file}.stream`;

/**
 * The route as a Caddyfile site and the files that it reads. A request whose container went away meanwhile reads the
 * address anew and is tried again. A WebSocket outlives reloads: it ends when its container does.
 */
export function renderRoute(route: RouteConfig): RouteFiles {
  const files = route.upstreams.map((_, index) => upstreamFile(route.routeName, index));
  const auth =
    route.basicAuthUser === undefined
      ? []
      : ["\tbasic_auth {", `\t\t${route.basicAuthUser} ${route.basicAuthHash}`, "\t}"];
  // The password is the gateway's: an application that it reached might keep it, or take it for one of its own.
  const consumed = auth.length === 0 ? [] : ["\t\theader_up -Authorization"];
  const site = [
    `${siteAddresses(route).join(", ")} {`,
    "\tlog",
    // Which container answered: without the dot that sets WebSockets apart it is the upstream.
    "\tlog_append upstream {http.reverse_proxy.upstream.hostport}",
    ...(route.noindex ? ['\theader X-Robots-Tag "noindex, nofollow"'] : []),
    ...auth,
    "\t@upgrade header Upgrade *",
    ...proxy("@upgrade", files.map(streamFile), [...consumed, "\t\tstream_close_delay 720h"]),
    ...proxy("*", files, consumed, route.protocol === "h2c" ? ["\t\t\tversions h2c"] : []),
    "}",
    "",
  ].join("\n");
  const upstreams = route.upstreams.flatMap((upstream, index) => {
    const file = upstreamFile(route.routeName, index);
    return [
      [file, upstream],
      [streamFile(file), streamAddress(upstream)],
    ];
  });
  return { site, upstreams: Object.fromEntries(upstreams) };
}

/**
 * What the route answers to, as the gateway names it. A longer path wins over a shorter one of the same hostname, in
 * whatever order the gateway reads them.
 */
export function siteAddresses({ hostnames, path }: Pick<RouteConfig, "hostnames" | "path">): string[] {
  const paths = path === undefined ? [""] : [path, `${path}/*`];
  return hostnames.flatMap((hostname) => paths.map((end) => `http://${hostname}${end}`));
}

function proxy(matcher: string, files: string[], extra: string[], transport: string[] = []): string[] {
  // With `tcp/` in front: the adapter takes a slash inside the placeholder for the end of the network's name.
  const addresses = files.map((file) => `tcp/{file.${UPSTREAMS_DIR}/${file}}`);
  // The least busy of several would always be the one that doesn't work.
  const passive = files.length > 1 ? ["\t\tfail_duration 2s", "\t\tmax_fails 2"] : [];
  return [
    `\treverse_proxy ${matcher} ${addresses.join(" ")} {`,
    "\t\tlb_policy least_conn",
    "\t\tlb_try_duration 5s",
    "\t\tlb_try_interval 100ms",
    ...passive,
    ...extra,
    "\t\ttransport http {",
    "\t\t\tdial_timeout 2s",
    // Shorter than servers wait (gunicorn 2 s, Node 5 s), so that none closes a connection just as it is used again,
    // and none that stops waits for a connection that was opened and not used.
    "\t\t\tkeepalive 1s",
    ...transport,
    "\t\t}",
    "\t}",
  ];
}

/** Fingerprint of a route's files; their text may hold a password hash. */
export function configHash({ site, upstreams }: RouteFiles): string {
  const sorted = Object.entries(upstreams).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256")
    .update(JSON.stringify([site, sorted]))
    .digest("hex")
    .slice(0, 16);
}
