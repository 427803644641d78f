// What must hold between the settings of common.ts, and what they ask of the host; the same for every system.
import {
  type Demand,
  defineSettings,
  type Listener,
  type Settings,
  type SystemSettings,
  type ValuesOf,
} from "./define.ts";
import { type Issue, remove, set, setSecret } from "./issue.ts";
import type { LimitValues } from "./resources.ts";
import { type Variables, variableRules } from "./variables.ts";

/** The values that the rules read; a system has those of the groups that it took. */
interface CommonValues {
  hostPort: number;
  httpsPort: number | undefined;
  bindAddress: string;
  postgresPort: number | undefined;
  postgresForwardPort: number | undefined;
  dockerHost: string | undefined;
  basicAuthUser: string | undefined;
  basicAuthPassword: unknown;
  tunnel: { kind: string; service?: string; access?: { emails?: string[]; emailDomains?: string[] } };
  cloudflareApiToken: unknown;
  databaseServer: { kind: string };
  databasePassword: unknown;
  restorePoints: number;
  limits: Record<string, LimitValues>;
  /** Of the servers in a stack `shared`. */
  serverLimits: Record<string, LimitValues>;
  replicas: number;
  environment: Variables;
  secrets: Variables<string, unknown>;
}

type Values = Partial<CommonValues>;

/** What a system adds to the settings that it has in common with others. */
export interface OwnSettings<K extends Settings> extends Omit<SystemSettings<K>, "demands"> {
  /** Roles that run `replicas` containers; any other runs one. @default app */
  replicated?: string[];
  /** How many containers roles run that run neither one nor `replicas`. @default none does */
  containers?(values: Partial<ValuesOf<K>>): Readonly<Record<string, number>>;
}

/** Settings of a system that uses the groups of common.ts: its own rules and ports, after the common ones. */
export function commonSettings<K extends Settings>({
  keys,
  rules,
  listeners,
  release,
  parity,
  seed,
  acceptance,
  replicated = ["app"],
  containers,
}: OwnSettings<K>): SystemSettings<K> {
  return defineSettings({
    keys,
    rules: (values) => [...commonRules(values), ...(rules?.(values) ?? [])],
    listeners: (values) => [...commonListeners(values), ...(listeners?.(values) ?? [])],
    demands: (values) => commonDemands(values, replicated, containers?.(values) ?? {}),
    release,
    parity,
    seed,
    acceptance,
  });
}

/** A system's settings are typed by its own keys; the common ones have the types of common.ts wherever they stand. */
function common<K extends Settings>(values: Partial<ValuesOf<K>>): Values {
  return values as Values;
}

function commonRules<K extends Settings>(read: Partial<ValuesOf<K>>): Issue[] {
  const values = common(read);
  return [
    ...basicAuthRules(values),
    ...tunnelRules(values),
    ...databaseRules(values),
    ...dockerHostRules(values),
    ...variableRules(values),
  ];
}

function basicAuthRules(values: Values): Issue[] {
  if (given("basicAuthUser", values) && missing("basicAuthPassword", values)) {
    return [
      incomplete("basicAuthPassword", "is needed with basicAuthUser", [setSecret(["basicAuthPassword"])]),
    ];
  }
  if (given("basicAuthPassword", values) && missing("basicAuthUser", values)) {
    return [
      incomplete("basicAuthUser", "is needed with basicAuthPassword", [set("team", ["basicAuthUser"])]),
    ];
  }
  return [];
}

function tunnelRules(values: Values): Issue[] {
  const { tunnel } = values;
  if (tunnel !== undefined && tunnel.kind !== "local") {
    const reason = `is needed for a tunnel of kind ${tunnel.kind}`;
    const fix = [setSecret(["cloudflareApiToken"])];
    const token = missing("cloudflareApiToken", values)
      ? [incomplete("cloudflareApiToken", reason, fix)]
      : [];
    return [...token, ...accessRules(values), ...serviceRules(values)];
  }
  if (values.tunnel?.kind === "local" && given("cloudflareApiToken", values)) {
    const reason = "is not used by a tunnel of kind local: whoever holds it can redirect your hostnames";
    return [unusedSecret("cloudflareApiToken", reason)];
  }
  return [];
}

/** Access that names nobody would let nobody in. */
function accessRules({ tunnel }: Values): Issue[] {
  const { access } = tunnel ?? {};
  if (access === undefined || (access.emails?.length ?? 0) + (access.emailDomains?.length ?? 0) > 0)
    return [];
  const reason = "names nobody who may pass: give it emails or emailDomains";
  const path = ["tunnel", "access"];
  return [{ problem: "incomplete", path, reason, fix: [set("example.com", [...path, "emailDomains", 0])] }];
}

/** The service of a shared tunnel is this environment's gateway, and not another environment's. */
function serviceRules({ tunnel, hostPort, httpsPort, bindAddress }: Values): Issue[] {
  if (tunnel?.service === undefined || hostPort === undefined || bindAddress === undefined) return [];
  const { hostname, port, protocol } = new URL(tunnel.service);
  const path = ["tunnel", "service"];
  const servicePort = Number(port || (protocol === "https:" ? 443 : 80));
  if (servicePort !== hostPort && servicePort !== httpsPort) {
    const reason = `sends requests to port ${servicePort}, and this environment's gateway listens on ${hostPort}`;
    const fix = [set(tunnel.service.replace(/^(\w+:\/\/[^/]*?)(:\d+)?(\/.*)?$/, `$1:${hostPort}`), path)];
    return [{ problem: "other-gateway", path, reason, fix }];
  }
  const isLoopback = (address: string) => /^(127\.|\[?::1\]?$|localhost$)/.test(address);
  if (isLoopback(bindAddress) && !isLoopback(hostname)) {
    const reason = `is ${hostname}, where nothing listens: the gateway listens on ${bindAddress} only`;
    return [
      { problem: "unreachable", path, reason, fix: [set(hostname, ["bindAddress"])], severity: "warning" },
    ];
  }
  return [];
}

function databaseRules(values: Values): Issue[] {
  const kind = values.databaseServer?.kind;
  if (kind === "managed") return managedRules(values);
  if (kind !== "container") return [];
  const reason = "is needed for a server of kind container";
  const port = missing("postgresPort", values)
    ? [incomplete("postgresPort", reason, [set(15_100, ["postgresPort"])])]
    : [];
  return given("databasePassword", values)
    ? [...port, unusedSecret("databasePassword", "is not used by a database server of kind container")]
    : port;
}

function managedRules(values: Values): Issue[] {
  const password = missing("databasePassword", values)
    ? [
        incomplete("databasePassword", "is needed for a server of kind managed", [
          setSecret(["databasePassword"]),
        ]),
      ]
    : [];
  const { restorePoints = 0 } = values;
  if (restorePoints === 0) return password;
  const reason = `is ${restorePoints}, and there is no container to dump a managed database from: its provider makes the backups`;
  const path = ["restorePoints"];
  return [...password, { problem: "unsupported", path, reason, fix: [set(0, path)] }];
}

function dockerHostRules(values: Values): Issue[] {
  const managed = values.databaseServer?.kind === "managed";
  const remote = !managed && (values.dockerHost?.startsWith("ssh://") ?? false);
  if (remote && missing("postgresForwardPort", values)) {
    const reason = "is needed with an ssh:// dockerHost, to reach its Postgres server from here";
    const example = String((values.postgresPort ?? 15_100) + 1000);
    return [incomplete("postgresForwardPort", reason, [set(example, ["postgresForwardPort"])])];
  }
  if (!remote && "dockerHost" in values && given("postgresForwardPort", values)) {
    const reason = managed
      ? "has no use with a managed server, which this machine reaches itself"
      : "has no use without an ssh:// dockerHost";
    const fix = [remove(["postgresForwardPort"])];
    return [{ problem: "unused", path: ["postgresForwardPort"], reason, fix, severity: "warning" }];
  }
  return [];
}

/** The setting was read and has a value. */
function given(key: keyof Values, values: Values): boolean {
  return values[key] !== undefined;
}

/** The setting was read and has none; false if it could not be read, which is an issue of its own. */
function missing(key: keyof Values, values: Values): boolean {
  return key in values && values[key] === undefined;
}

function incomplete(key: string, reason: string, fix: Issue["fix"]): Issue {
  return { problem: "incomplete", path: [key], reason, fix };
}

function unusedSecret(key: string, reason: string): Issue {
  return { problem: "unused-secret", path: [key], reason, fix: [remove([key])], severity: "warning" };
}

function commonListeners<K extends Settings>(read: Partial<ValuesOf<K>>): Listener[] {
  const values = common(read);
  const { dockerHost, bindAddress = "127.0.0.1" } = values;
  const postgresPort = values.databaseServer?.kind === "managed" ? undefined : values.postgresPort;
  const all = [
    { key: "hostPort", port: values.hostPort, address: bindAddress, dockerHost },
    { key: "httpsPort", port: values.httpsPort, address: bindAddress, dockerHost },
    { key: "postgresPort", port: postgresPort, address: "127.0.0.1", dockerHost },
    { key: "postgresForwardPort", port: values.postgresForwardPort, address: "127.0.0.1", forwarded: true },
  ];
  return all.flatMap((listener) =>
    listener.port === undefined ? [] : [{ ...listener, port: listener.port }],
  );
}

function commonDemands<K extends Settings>(
  read: Partial<ValuesOf<K>>,
  replicated: readonly string[],
  containers: Readonly<Record<string, number>>,
): Demand[] {
  const { limits, serverLimits, replicas = 1, databaseServer } = common(read);
  // A managed server runs elsewhere.
  const counts = databaseServer?.kind === "managed" ? { ...containers, postgres: 0 } : containers;
  return Object.entries({ limits, serverLimits }).flatMap(([key, byRole]) =>
    Object.entries(byRole ?? {}).map(([role, { cpus, memoryMb, pids }]) => ({
      path: [key, role],
      cpus,
      memoryMb,
      pids,
      count: counts[role] ?? (replicated.includes(role) ? replicas : 1),
    })),
  );
}
