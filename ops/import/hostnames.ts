// Which hostnames lead to a service, and to which port: from the labels and variables that reverse proxies read.
import { hostnameProblem } from "../../infra/settings/network.ts";
import { unknownIn } from "./compose/interpolate.ts";
import { type ComposeService, type Lead, portNumber } from "./compose/model.ts";
import { isLikelyHttp } from "./kinds.ts";

const RULE = /^traefik\.(?:http\.)?(?:routers\.[^.]+|frontend)\.rule$/;
const SERVER_PORT = /^traefik\.(?:http\.services\.[^.]+\.loadbalancer\.server\.)?port$/;

/** What a service's labels and variables say of its hostnames; undefined where they say nothing. */
export function leadOf({ labels, environment, lead }: ComposeService): Lead | undefined {
  if (lead !== undefined) return lead;
  if (/^false$/i.test(labels["traefik.enable"] ?? "")) return undefined;
  const rules = Object.entries(labels).flatMap(([key, rule]) => (RULE.test(key) ? [rule] : []));
  const fromRules = rules.flatMap((rule) =>
    [...rule.matchAll(/\bHost(?:Regexp)?(?:\(|:)([^)&|;]*)/g)].flatMap(([, names = ""]) => names.split(",")),
  );
  const caddy = Object.entries(labels).flatMap(([key, names]) =>
    /^caddy(_\d+)?$/.test(key) ? names.split(/[\s,]+/) : [],
  );
  const variables = (environment.VIRTUAL_HOST ?? "").split(",");
  const all = [...fromRules, ...caddy, ...variables]
    .map((name) =>
      name
        .trim()
        .replaceAll(/^[`"']|[`"']$/g, "")
        .replace(/^https?:\/\//, "")
        .replace(/:\d+$/, "")
        .toLowerCase(),
    )
    .filter((name) => name !== "");
  if (all.length === 0) return undefined;
  const names = [...new Set(all)];
  const hostnames = names.filter((name) => hostnameProblem(name) === undefined);
  const paths = rules.flatMap((rule) => /\bPath(?:Prefix)?\(\s*[`"']([^`"'*]+)/.exec(rule)?.[1] ?? []);
  const [path] = [...paths, ...(environment.VIRTUAL_PATH === undefined ? [] : [environment.VIRTUAL_PATH])];
  const clean = path?.replace(/\/+$/, "");
  const whole = rules.length > paths.length && paths.length > 0;
  return {
    hostnames,
    unclear: names.length - hostnames.length,
    ...(clean === undefined || clean === "" || whole || unknownIn(clean).length > 0 ? {} : { path: clean }),
  };
}

/** The port that a service answers on; undefined where nothing says one. */
export function portOf(service: ComposeService): number | undefined {
  const { labels, environment, expose, ports, lead, isSilent } = service;
  if (lead !== undefined) return lead.port;
  const said = [
    ...Object.entries(labels).flatMap(([key, port]) => (SERVER_PORT.test(key) ? [port] : [])),
    ...Object.entries(labels).flatMap(([key, to]) =>
      /^caddy.*\.reverse_proxy$/.test(key) ? [/(\d+)\s*}*$/.exec(to)?.[1] ?? ""] : [],
    ),
    environment.VIRTUAL_PORT ?? "",
  ].flatMap((port) => portNumber(port) ?? []);
  const tcp = ports.filter(({ protocol }) => protocol === "tcp").map(({ port }) => port);
  const listening = [...tcp, ...expose];
  const variable = isSilent === true ? undefined : portNumber(environment.PORT);
  return said[0] ?? listening.find(isLikelyHttp) ?? listening[0] ?? variable;
}

/** Does a port answer this machine only? */
export function isLoopback({ bindAddress = "" }: { bindAddress?: string }): boolean {
  return /^(127\.|::1$)/.test(bindAddress);
}

/** Does a service publish a port of HTTP to others than the machine itself? */
export function isPublic({ ports }: ComposeService): boolean {
  return ports.some((one) => one.protocol === "tcp" && isLikelyHttp(one.port) && !isLoopback(one));
}
