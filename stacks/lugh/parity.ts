// What may differ between staging and production of Lugh.
import type { ParityDefinition } from "tandem/settings";
import type { LughKeys } from "./settings.ts";

const EXPERIMENTAL = "experimental features are tried in staging first";

/** The differences that `tandem parity` allows. */
export const parity: ParityDefinition<LughKeys> = {
  settings: {
    hostname: "each has its own hostname",
    hostPort: "both run on one machine",
    database: "each has its own on the shared server",
    redisPrefix: "each has its own on the shared server",
    home: "each has its own volume",
    botDisplayName: "staging's bot says that it is staging's",
    agentPool: EXPERIMENTAL,
    redisMessaging: EXPERIMENTAL,
    simulationLayer: EXPERIMENTAL,
    noindex: "search engines keep out of staging",
    protectData: "staging's data may be thrown away",
    restorePoints: "staging's data may be thrown away",
  },
  resources: {
    "*.environment.FEATURE_*": EXPERIMENTAL,
    "*.envs.FEATURE_*": EXPERIMENTAL,
    "Route:*.noindex": "search engines keep out of staging",
    "*.protect": "staging's data may be thrown away",
    "*.restorePoints": "staging's data may be thrown away",
  },
};
