// What may differ between staging and production of Blue Banded Bee, which mirror each other: names, ways in, and logs.
import type { ParityDefinition } from "tandem/settings";
import type { BlueBandedBeeKeys } from "./settings.ts";

/** The differences that `tandem parity` allows. */
export const parity: ParityDefinition<BlueBandedBeeKeys> = {
  settings: {
    app: "each app has its own name",
    hostname: "each app has its own hostname",
    hostPort: "both run on one machine",
    httpsPort: "both run on one machine",
    logLevel: "staging tells more",
    noindex: "search engines keep out of staging",
    protectData: "staging's data may be thrown away",
  },
  resources: {
    // How its TLS is checked and who logs in is no part of it: those are settings of their own.
    "setting:databaseServer.host": "each has a database project of its own",
    "setting:databaseServer.port": "each has a database project of its own",
    "Provider:postgres-provider.*": "each has a database project of its own",
    "Route:*.noindex": "search engines keep out of staging",
    "*.protect": "staging's data may be thrown away",
  },
};
