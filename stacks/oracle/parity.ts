// What may differ between staging and production of The Oracle.
import type { ParityDefinition } from "tandem/settings";
import type { OracleKeys } from "./settings.ts";

/** The differences that `tandem parity` allows. */
export const parity: ParityDefinition<OracleKeys> = {
  settings: {
    hostname: "each has its own domain",
    hostPort: "both run on one machine",
    postgresPort: "both run on one machine",
    banner: "staging says that it is staging",
    noindex: "search engines keep out of staging",
    logLevel: "staging tells more",
    voipSync: "live calls are production's alone",
    protectData: "staging's data may be thrown away",
    restorePoints: "staging's data may be thrown away",
  },
  resources: {
    "*.environment.BANNER": "staging says that it is staging",
    "*.environment.VOIP_SYNC_ENABLED": "live calls are production's alone",
    "Route:*.noindex": "search engines keep out of staging",
    "*.protect": "staging's data may be thrown away",
    "Migration:app-migration.restorePoints": "staging's data may be thrown away",
  },
};
