// What local, staging and production of live-listen may set.
import {
  choice,
  commonSettings,
  databaseSettings,
  gatewaySettings,
  hostname,
  hostnameSetting,
  hostSettings,
  imageReference,
  limitSettings,
  list,
  name,
  ownRedisSettings,
  type ProgramSettings,
  port,
  releaseSettings,
  SERVER_LIMITS,
  serviceSettings,
  setting,
  tunnelSettings,
  variableSettings,
} from "tandem/settings";
import { parity } from "./parity.ts";

const SERVICE = { cpus: 0.5, memory: "256m", pids: 128 };

const keys = {
  hostname: hostnameSetting("app.example.com", "Hostname of the web service."),
  apiHostname: setting(hostname("api.example.com"), {
    description: "Hostname of the API, and of the WebSockets below /ws.",
    unique: true,
  }),
  scheme: setting(choice("https", "http"), {
    description: "Scheme of the public URLs; http where nobody ends TLS before the gateway.",
    default: "https",
  }),
  ...gatewaySettings(3300),
  apiPort: setting(port(3301), {
    description: "Port of its own for the API, where it has the web service's hostname; 0 for none.",
    optional: true,
  }),
  ...databaseSettings(15_500),
  ...ownRedisSettings,
  ...serviceSettings,
  webImage: setting(imageReference("tandem-example:0.1.0"), {
    description: "Image of the web service, with its tag or digest; the others run `image`.",
  }),
  ...releaseSettings,
  ...variableSettings("web", "api", "ws", "worker"),
  ...limitSettings({ web: SERVICE, api: SERVICE, ws: SERVICE, worker: SERVICE, ...SERVER_LIMITS }),
  features: setting(list(name("captions")), {
    description: "Features that are switched on.",
    default: [],
  }),
  ...tunnelSettings("live-listen"),
  ...hostSettings("postgres", "redis"),
};

/** The settings by key. */
export type LiveListenKeys = typeof keys;

/** live-listen's settings. */
export const settings = commonSettings({
  keys,
  listeners: ({ apiPort, bindAddress = "127.0.0.1", dockerHost }) =>
    apiPort === undefined ? [] : [{ key: "apiPort", port: apiPort, address: bindAddress, dockerHost }],
  parity,
  replicated: [],
  // A port of its own for the API takes a gateway of its own.
  containers: ({ apiPort }) => ({ gateway: apiPort === undefined ? 1 : 2 }),
  release: {
    images: { image: ["api", "ws", "worker"], webImage: ["web"] },
    smokeTests: ({ hostname: web, apiHostname: api }) => [
      { hostname: web, path: "/" },
      { hostname: api, path: "/ready" },
    ],
    login: { user: "basicAuthUser", password: "basicAuthPassword" },
  },
});

/** live-listen's settings as its topology gets them. */
export type LiveListenSettings = ProgramSettings<typeof keys>;
