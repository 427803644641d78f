// The rules of a Cloudflare tunnel: one hostname's rule is put in or taken out, and everything else stays as it is.
//
// The first rule that matches a request serves it. The last one must match everything.

/** One rule. What else stands in it is carried along. */
export interface Rule {
  readonly hostname?: string;
  readonly path?: string;
  readonly service: string;
  readonly [other: string]: unknown;
}

/** A tunnel's configuration. What else stands in it, such as `warp-routing`, is carried along. */
export interface TunnelConfig {
  readonly ingress?: readonly Rule[];
  readonly [other: string]: unknown;
}

/** What a stack wants: all of a hostname's requests go to a service. */
export interface Wanted {
  readonly hostname: string;
  readonly service: string;
}

/** What answers requests that no rule matches, where the tunnel has no such rule yet. */
const CATCH_ALL: Rule = { service: "http_status:404" };

/** The hostname's own rule, without a path; undefined if there is none. */
export function ruleOf({ ingress = [] }: TunnelConfig, hostname: string): Rule | undefined {
  return ingress.find((rule) => isRuleOf(rule, hostname));
}

/** Whether requests for the hostname reach its rule: none before it takes them all. */
export function isInForce(config: TunnelConfig, hostname: string): boolean {
  return isRuleOf(takerOf(config, hostname), hostname);
}

/** The rule that takes the hostname's requests: its own, or one before it. */
export function takerOf({ ingress = [] }: TunnelConfig, hostname: string): Rule | undefined {
  return ingress.find((rule) => takesAll(rule, hostname));
}

/** Whether the hostname has rules for parts of it, which are somebody else's: this package makes none. */
export function hasPaths({ ingress = [] }: TunnelConfig, hostname: string): boolean {
  return ingress.some((rule) => same(rule.hostname, hostname) && !isEmpty(rule.path));
}

/**
 * The configuration with the wanted rule; the same object if that is how it is. The rule keeps its place, unless one
 * before it takes its requests: then, and when it is new, it goes before the first one that would.
 */
export function withRule(config: TunnelConfig, { hostname, service }: Wanted): TunnelConfig {
  const before = ruleOf(config, hostname);
  if (before?.service === service && isInForce(config, hostname)) return config;
  const rule: Rule = { ...(before ?? { hostname }), service };
  const ingress = [...(config.ingress ?? [])];
  if (before && isInForce(config, hostname)) {
    ingress[ingress.indexOf(before)] = rule;
    return { ...config, ingress };
  }
  const others = ingress.filter((other) => other !== before);
  const place = others.findIndex((other) => takesAll(other, hostname));
  if (place === -1) return { ...config, ingress: [...others, rule, CATCH_ALL] };
  return { ...config, ingress: [...others.slice(0, place), rule, ...others.slice(place)] };
}

/** The configuration without the hostname's rule; the same object if there is none. */
export function withoutRule(config: TunnelConfig, hostname: string): TunnelConfig {
  const gone = ruleOf(config, hostname);
  if (gone === undefined) return config;
  return { ...config, ingress: (config.ingress ?? []).filter((rule) => rule !== gone) };
}

function isRuleOf(rule: Rule | undefined, hostname: string): boolean {
  return rule !== undefined && same(rule.hostname, hostname) && isEmpty(rule.path);
}

/** Whether a rule takes every request for a hostname: its own, a wildcard's, or one for everything. */
function takesAll({ hostname: pattern, path }: Rule, hostname: string): boolean {
  if (!isEmpty(path)) return false;
  if (isEmpty(pattern) || pattern === "*") return true;
  if (pattern?.startsWith("*.")) return hostname.toLowerCase().endsWith(pattern.slice(1).toLowerCase());
  return same(pattern, hostname);
}

function same(a: string | undefined, b: string): boolean {
  return a?.toLowerCase() === b.toLowerCase();
}

function isEmpty(text: string | undefined): boolean {
  return text === undefined || text === null || text === "";
}
