// What must hold between The Oracle's settings, and what they ask of the host.
import type { Demand, Listener, ValuesOf } from "../../infra/settings/define.ts";
import { type Issue, remove, set, setSecret } from "../../infra/settings/issue.ts";
import type { OracleKeys } from "./settings.ts";

type Values = Partial<ValuesOf<OracleKeys>>;

/** What must hold between settings. */
export function rules(values: Values): Issue[] {
  return [...basicAuthRules(values), ...tunnelRules(values), ...dockerHostRules(values)];
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
  if (values.tunnel?.kind === "own" && missing("cloudflareApiToken", values)) {
    const reason = "is needed for a tunnel of kind own";
    return [incomplete("cloudflareApiToken", reason, [setSecret(["cloudflareApiToken"])])];
  }
  if (values.tunnel?.kind === "local" && given("cloudflareApiToken", values)) {
    const reason = "is not used by a tunnel of kind local: whoever holds it can redirect your hostnames";
    const mend = [remove(["cloudflareApiToken"])];
    return [{ problem: "unused-secret", path: ["cloudflareApiToken"], reason, mend, severity: "warning" }];
  }
  return [];
}

function dockerHostRules(values: Values): Issue[] {
  const remote = values.dockerHost?.startsWith("ssh://") ?? false;
  if (remote && missing("postgresForwardPort", values)) {
    const reason = "is needed with an ssh:// dockerHost, to reach its Postgres server from here";
    const example = String((values.postgresPort ?? 15_100) + 1000);
    return [incomplete("postgresForwardPort", reason, [set(example, ["postgresForwardPort"])])];
  }
  if (!remote && "dockerHost" in values && given("postgresForwardPort", values)) {
    const reason = "has no use without an ssh:// dockerHost";
    const mend = [remove(["postgresForwardPort"])];
    return [{ problem: "unused", path: ["postgresForwardPort"], reason, mend, severity: "warning" }];
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

function incomplete(key: string, reason: string, mend: Issue["mend"]): Issue {
  return { problem: "incomplete", path: [key], reason, mend };
}

/** Ports that an environment listens on. */
export function listeners(values: Values): Listener[] {
  const { dockerHost } = values;
  const all = [
    { key: "hostPort", port: values.hostPort, address: values.bindAddress ?? "127.0.0.1", dockerHost },
    { key: "postgresPort", port: values.postgresPort, address: "127.0.0.1", dockerHost },
    { key: "postgresForwardPort", port: values.postgresForwardPort, address: "127.0.0.1", forwarded: true },
  ];
  return all.flatMap((listener) =>
    listener.port === undefined ? [] : [{ ...listener, port: listener.port }],
  );
}

/** What the containers ask of the host. */
export function demands(values: Values): Demand[] {
  return Object.entries(values.limits ?? {}).map(([role, limit]) => ({
    path: ["limits", role],
    cpus: limit.cpus,
    memoryMb: limit.memoryMb,
    count: role === "app" ? (values.replicas ?? 1) : 1,
  }));
}
