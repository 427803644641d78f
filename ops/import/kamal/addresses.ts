// Kamal's applications reach an accessory by its host's address and the published port, or by its container's name. Here both are
// its name: variables are rewritten to it, so that they lead to the component that takes its place.
import { unknownIn } from "../compose/interpolate.ts";
import type { ComposeService } from "../compose/model.ts";
import { kindOf, repositoryOf, standardPort } from "../kinds.ts";
import type { Accessory } from "./accessories.ts";
import type { Telling } from "./telling.ts";

const URL = /^([a-z][\w+.-]*:\/\/(?:[^@/]*@)?)([^:/?#,@]+)(?::(\d+))?(?=[/?#]|$)/i;
const HOST = /^([^:/?#,@\s]+)(?::(\d+))?$/;
const SCHEMES: Readonly<Record<string, RegExp>> = {
  postgres: /^(jdbc:)?(postgres|postgresql|postgis)/,
  redis: /^(redis|rediss|valkey)/,
};
const HINTS: Readonly<Record<string, RegExp>> = {
  postgres: /(^|_)(db|database|pg|postgres|postgresql)(_|$|host)/i,
  redis: /(^|_)(redis|valkey|cache|sidekiq|queue)(_|$|host)/i,
};

/** The variables of a service with names of accessories where they have addresses. */
export function withNames(service: ComposeService, accessories: readonly Accessory[]): ComposeService {
  const environment = Object.fromEntries(
    Object.entries(service.environment).map(([name, value]) => [name, named(name, value, accessories)]),
  );
  return { ...service, environment };
}

function named(name: string, value: string, accessories: readonly Accessory[]): string {
  const [, before = "", host = "", port] = URL.exec(value) ?? ["", "", ...(HOST.exec(value)?.slice(1) ?? [])];
  if (host === "") return value;
  const there = accessories.filter(({ hosts }) => hosts.includes(host));
  const fitting = there.filter((one) =>
    port === undefined ? isMeant(name, before, one) : portsOf(one).includes(Number(port)),
  );
  const [only, ...others] = fitting;
  if (only === undefined || others.length > 0) return value;
  const rest = value.slice(before.length + host.length + (port === undefined ? 0 : port.length + 1));
  const inside = only.published?.hostPort === Number(port) ? only.published.port : port;
  return `${before}${only.fullName}${inside === undefined ? "" : `:${inside}`}${rest}`;
}

/** Ports of the host under which an accessory may be asked. */
function portsOf({ published, service }: Accessory): number[] {
  return [published?.hostPort, standardPort(service.image)].filter((port) => port !== undefined);
}

/** Does a variable without a port mean an accessory, by its name or by its URL's scheme? */
function isMeant(name: string, before: string, { service }: Accessory): boolean {
  const kind = kindOf(service);
  const words = [service.name, repositoryOf(service.image ?? "")].map((word) => word.replaceAll("-", "_"));
  if (before !== "") return SCHEMES[kind]?.test(before) ?? words.some((word) => before.startsWith(word));
  const isNamed = words.some((word) => word !== "" && name.toLowerCase().includes(word.toLowerCase()));
  const isDatabase = /mysql|mariadb|percona|mongo/.test(repositoryOf(service.image ?? ""));
  return HINTS[kind]?.test(name) ?? (isNamed || (isDatabase && /(^|_)(db|database)_host$/i.test(name)));
}

/** Lets a service that has an accessory's own secret wait for it: its other variables may not say where it is. */
export function withWaits(service: ComposeService, accessories: readonly Accessory[]): ComposeService {
  const values = new Set((service.secretNames ?? []).flatMap((name) => service.environment[name] || []));
  const meant = accessories.filter(({ service: { environment, secretNames = [] } }) =>
    secretNames.some((name) => values.has(environment[name] ?? "")),
  );
  const dependsOn = Object.fromEntries(meant.map(({ fullName }) => [fullName, "service_started"]));
  return { ...service, dependsOn: { ...service.dependsOn, ...dependsOn } };
}

/** Variables whose name alone says where they lead. */
const URLS: Readonly<Record<string, "postgres" | "redis">> = {
  DATABASE_URL: "postgres",
  REDIS_URL: "redis",
};

/** Lets a URL whose value isn't known lead to the one accessory that its name can mean. */
export function withUrls(
  service: ComposeService,
  accessories: readonly Accessory[],
  tell: Telling,
): ComposeService {
  const environment = { ...service.environment };
  for (const [name, kind] of Object.entries(URLS)) {
    const value = environment[name];
    const [only, ...others] = accessories.filter((one) => kindOf(one.service) === kind);
    if (value === undefined || unknownIn(value).length === 0 || only === undefined || others.length > 0)
      continue;
    if (HOST.exec(value) === null && !/^\uE000[^\uE001]*\uE001$/.test(value)) continue;
    environment[name] = `${kind === "postgres" ? "postgresql" : kind}://${only.fullName}`;
    tell.decide(
      service.name,
      `${name} has no value that is known here, and is taken to lead to the accessory ${only.service.name}. Where it leads elsewhere, take it out of the topology and set it`,
    );
  }
  return { ...service, environment };
}
