// The settings of the gateway: where it listens, what it answers to, who may pass.
import { setting, type ValuesOf } from "./define.ts";
import { type Issue, set, setSecret } from "./issue.ts";
import { addressRange, bindAddress, hostname, port } from "./network.ts";
import { imageReference } from "./resources.ts";
import { given, incomplete, type MaybeListener, missing } from "./rule.ts";
import { flag, integer, secret, text } from "./scalars.ts";
import { list } from "./structures.ts";

/** The hostname of the environment. */
export function hostnameSetting(example: string, what = "Hostname that this environment answers to.") {
  return setting(hostname(example), { description: what, unique: true });
}

/** Where the gateway listens, and who may pass. */
export function gatewaySettings(examplePort: number) {
  return {
    hostPort: setting(port(examplePort), {
      description: "Port of the Docker host that the gateway listens on.",
    }),
    bindAddress: setting(bindAddress(), {
      description: "Address of the Docker host that the gateway listens on.",
      default: "127.0.0.1",
    }),
    gatewayImage: setting(imageReference(), {
      description: "Image of the gateway.",
      default: "caddy:2.11.9-alpine",
    }),
    trustedProxies: setting(list(addressRange()), {
      description: "Proxies before the gateway whose word on the client is believed, by address or range.",
      default: [],
    }),
    maxBodyMb: setting(
      integer({ min: 1, max: 1_048_576, example: 1024, what: "the largest body of a request, in MiB," }),
      { description: "Largest body of a request, in MiB.", default: 1024 },
    ),
    noindex: setting(flag(), { description: "Ask search engines to stay away.", default: false }),
    basicAuthUser: setting(
      text({ max: 64, pattern: /^[^\s:]+$/, form: "one word without a colon", example: "team" }),
      { description: "User name that the gateway asks for; none if empty.", optional: true },
    ),
    basicAuthPassword: setting(secret(), {
      description: "Password that the gateway asks for, with basicAuthUser.",
      optional: true,
    }),
  };
}

/** TLS at the gateway, and a redirect for what comes without it. */
export function httpsSettings(examplePort: number) {
  return {
    httpsPort: setting(port(examplePort), {
      description: "Port of the Docker host on which the gateway ends TLS; 0 where somebody before it does.",
      optional: true,
    }),
    forceHttps: setting(flag(), {
      description: "Redirect requests that came without TLS, here or at a proxy before the gateway.",
      default: true,
    }),
  };
}

/** Their values, as far as they could be read and the system has them. */
export type GatewayValues = Partial<
  ValuesOf<ReturnType<typeof gatewaySettings> & ReturnType<typeof httpsSettings>>
>;

/** What must hold between them. */
export function gatewayRules(values: GatewayValues): Issue[] {
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

/** Ports that the gateway listens on. */
export function gatewayListeners(values: GatewayValues & { dockerHost?: string }): MaybeListener[] {
  const { hostPort, httpsPort, bindAddress: address = "127.0.0.1", dockerHost } = values;
  return [
    { key: "hostPort", port: hostPort, address, dockerHost },
    { key: "httpsPort", port: httpsPort, address, dockerHost },
  ];
}
