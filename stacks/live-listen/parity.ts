// What may differ between the environments of live-listen.
import type { ParityDefinition } from "tandem/settings";
import type { LiveListenKeys } from "./settings.ts";

/** The differences that `tandem parity` allows. */
export const parity: ParityDefinition<LiveListenKeys> = {
  settings: {
    hostname: "each has its own domain",
    apiHostname: "each has its own domain",
    hostPort: "both run on one machine",
    databaseServer: "each has a managed server of its own",
    noindex: "search engines keep out of staging",
    protectData: "staging's data may be thrown away",
  },
  resources: {
    "Route:*.noindex": "search engines keep out of staging",
    "Provider:postgres-provider.host": "each has a managed server of its own",
    "*.protect": "staging's data may be thrown away",
  },
};
