// The gateway's configuration of one route, as text.
import { createHash } from "node:crypto";

export interface RouteConfig {
  routeName: string;
  hostnames: string[];
  upstreams: string[];
  noindex: boolean;
  basicAuthUser?: string;
  basicAuthHash?: string;
}

/** What may stand in the text without being able to end a line or open a block. */
const HOSTNAME = /^(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i;
const UPSTREAM = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*:[0-9]{1,5}$/;
const USER = /^[A-Za-z0-9._@-]+$/;
const BCRYPT = /^\$2[abxy]\$[0-9]{2}\$[./A-Za-z0-9]{53}$/;

/** Everything that is wrong with a route, by property. */
export function routeProblems(route: Partial<RouteConfig>): { property: string; reason: string }[] {
  const problems: { property: string; reason: string }[] = [];
  const wrong = (property: string, reason: string) => problems.push({ property, reason });
  if (route.hostnames?.length === 0) wrong("hostnames", "is empty; a route needs at least one hostname.");
  for (const hostname of route.hostnames ?? []) {
    if (!HOSTNAME.test(hostname)) wrong("hostnames", `'${hostname}' is not a hostname.`);
  }
  if (route.upstreams?.length === 0) wrong("upstreams", "is empty; a route needs at least one container.");
  for (const upstream of route.upstreams ?? []) {
    if (!UPSTREAM.test(upstream)) wrong("upstreams", `'${upstream}' is not 'container:port'.`);
  }
  if ((route.basicAuthUser === undefined) !== (route.basicAuthHash === undefined)) {
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
 * The route as a Caddyfile site. A request whose container went away meanwhile is tried on the next one; a WebSocket
 * on a route that changed may go on for a while instead of being cut off (`stream_close_delay`).
 */
export function renderRoute(route: RouteConfig): string {
  const auth =
    route.basicAuthUser === undefined
      ? []
      : ["\tbasic_auth {", `\t\t${route.basicAuthUser} ${route.basicAuthHash}`, "\t}"];
  return [
    `${route.hostnames.map((hostname) => `http://${hostname}`).join(", ")} {`,
    "\tlog",
    ...(route.noindex ? ['\theader X-Robots-Tag "noindex, nofollow"'] : []),
    ...auth,
    `\treverse_proxy ${route.upstreams.join(" ")} {`,
    "\t\tlb_policy least_conn",
    "\t\tlb_try_duration 5s",
    "\t\tlb_try_interval 100ms",
    "\t\tstream_close_delay 5m",
    "\t\ttrusted_proxies private_ranges",
    "\t}",
    "}",
    "",
  ].join("\n");
}

/** Fingerprint of a route's text; the text itself may hold a password hash. */
export function configHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
