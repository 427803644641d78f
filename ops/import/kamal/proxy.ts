// `proxy` of Kamal: which hostnames lead to a service, at which port it answers, and how it is asked whether it works.
import { hostnameProblem } from "../../../infra/settings/network.ts";
import { defined } from "../compose/defined.ts";
import type { ComposeHealth } from "../compose/health.ts";
import { mapOf } from "../compose/load.ts";
import { type ComposeService, portNumber } from "../compose/model.ts";
import { numberOf } from "../compose/quantities.ts";
import type { Tree } from "./read.ts";
import type { Telling } from "./telling.ts";

/** Port and path where Kamal's files name none (kamal-deploy.org/docs/configuration/proxy). */
const DEFAULTS = { port: 80, path: "/up" };

/** What leads to a service that Kamal's proxy leads to. */
export function leadBy(
  proxy: Tree,
  subject: string,
  tell: Telling,
): { lead: NonNullable<ComposeService["lead"]>; health: ComposeHealth } {
  const given = Array.isArray(proxy.hosts) ? proxy.hosts : String(proxy.host ?? "").split(",");
  const names = given.map((name) => String(name).trim().toLowerCase()).filter((name) => name !== "");
  const hostnames = names.filter((name) => hostnameProblem(name) === undefined);
  const port = portNumber(proxy.app_port ?? DEFAULTS.port);
  if (port === undefined)
    tell.decide(subject, "proxy.app_port is no number that is known here", `port: ${DEFAULTS.port}`);
  const path = pathOf(proxy, subject, tell);
  const health = mapOf(proxy.healthcheck);
  tellOfProxy(proxy, subject, tell);
  return {
    lead: {
      hostnames: [...new Set(hostnames)],
      unclear: names.length - hostnames.length,
      port: port ?? DEFAULTS.port,
      ...(path === undefined ? {} : { path }),
    },
    health: defined({
      http: typeof health.path === "string" ? `/${health.path.replace(/^\/+/, "")}` : DEFAULTS.path,
      intervalSeconds: numberOf(health.interval),
      timeoutSeconds: numberOf(health.timeout),
    }),
  };
}

function pathOf(proxy: Tree, subject: string, tell: Telling): string | undefined {
  const given = Array.isArray(proxy.path_prefixes)
    ? proxy.path_prefixes
    : String(proxy.path_prefix ?? "").split(",");
  const paths = given
    .map(
      (path) =>
        `/${String(path)
          .trim()
          .replaceAll(/^\/+|\/+$/g, "")}`,
    )
    .filter((path) => path !== "/");
  const [path, ...others] = paths;
  if (path === undefined) return undefined;
  if (others.length > 0) {
    tell.decide(
      subject,
      `proxy.path_prefixes has ${paths.length} paths, and a route one: give each of the others a route of its own`,
      `routes: [{ gateway, hostnames: [settings.hostname], path: ${JSON.stringify(others[0])} }]`,
    );
  }
  if (proxy.strip_path_prefix !== false) {
    tell.decide(
      subject,
      `Kamal's proxy takes ${path} away before the service sees the request, and the gateway here doesn't: let the service answer below ${path}`,
    );
  }
  return path;
}

const TLS = "TLS ends before the gateway, at a tunnel (docs/tunnels.md) or a load balancer";

/** Keys of the proxy without a counterpart. */
const LEFT: Readonly<Record<string, string>> = {
  logging: "the gateway logs by itself",
  run: "the proxy itself is the gateway here, with settings of its own",
  ssl_redirect: "who ends TLS before the gateway redirects",
  forward_headers:
    "the gateway always sets X-Forwarded-For and -Proto, and believes `trustedProxies` of the stack alone",
};

function tellOfProxy(proxy: Tree, subject: string, tell: Telling): void {
  for (const [key, why] of Object.entries(LEFT))
    if (proxy[key] !== undefined) tell.left(subject, `proxy.${key}: ${why}`);
  if (proxy.response_timeout !== undefined)
    tell.left(subject, "proxy.response_timeout: the gateway waits for an answer as long as the client does");
  const { max_request_body: most, ...buffering } = mapOf(proxy.buffering);
  if (Object.keys(buffering).length > 0)
    tell.left(subject, "proxy.buffering: the gateway passes bodies on as they come");
  const bytes = numberOf(most);
  if (bytes !== undefined && bytes > 0) {
    tell.decide(subject, "proxy.buffering.max_request_body is maxBodyMb of the gateway here", (commands) =>
      commands.set("production", ["maxBodyMb"], String(Math.max(1, Math.ceil(bytes / 2 ** 20)))),
    );
  }
  if (typeof proxy.ssl === "object" && proxy.ssl !== null) {
    tell.decide(
      subject,
      `proxy.ssl has a certificate of its own, which is not taken: ${TLS}, and the certificate belongs there`,
    );
  } else if (proxy.ssl === true) {
    tell.decide(subject, `proxy.ssl: ${TLS}; Let's Encrypt is not asked from here`);
  }
}
