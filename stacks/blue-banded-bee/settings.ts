// What staging and production of Blue Banded Bee may set.
import {
  appAcceptance,
  commonSettings,
  databaseSettings,
  gatewaySettings,
  hostnameSetting,
  hostSettings,
  httpsSettings,
  integer,
  limitSettings,
  ownRedisSettings,
  type ProgramSettings,
  priceSettings,
  releaseSettings,
  SERVER_LIMITS,
  secret,
  serviceSettings,
  setting,
  text,
  tunnelSettings,
  variableSettings,
} from "tandem/settings";
import { parity } from "./parity.ts";
import { PRICES } from "./prices.ts";
import { release } from "./release.ts";

const keys = {
  app: setting(
    text({
      max: 40,
      pattern: /^[a-z][a-z0-9-]*[a-z0-9]$/,
      form: "lower-case letters, digits and hyphens",
      example: "blue-banded-bee-staging",
    }),
    {
      description: "Name of the app, with which the names of its containers, networks and volumes begin.",
      unique: true,
    },
  ),
  hostname: hostnameSetting("app.example.com"),
  ...gatewaySettings(3200),
  ...httpsSettings(3243),
  ...databaseSettings(15_400),
  ...ownRedisSettings,
  ...serviceSettings,
  ...releaseSettings,
  ...variableSettings("app"),
  // The machine that runs production: 1 GB and one shared CPU.
  ...limitSettings({ app: { cpus: 1, memory: "1g", pids: 256 }, ...SERVER_LIMITS }),
  region: setting(text({ max: 20, pattern: /^[a-z0-9-]+$/, form: "a region's short name", example: "syd" }), {
    description: "Region of the machine.",
    default: "syd",
  }),
  replicas: setting(integer({ min: 1, max: 10, what: "the number of app containers" }), {
    description: "App containers that run at all times, 1 to 10.",
    default: 1,
  }),
  sentryDsn: setting(secret(), {
    description: "SENTRY_DSN of this environment's own Sentry project.",
    optional: true,
    unique: true,
  }),
  ...priceSettings(PRICES),
  ...tunnelSettings("blue-banded-bee"),
  ...hostSettings("postgres", "redis"),
};

/** Blue Banded Bee's settings by key. */
export type BlueBandedBeeKeys = typeof keys;
/** What staging and production may set. */
export const settings = commonSettings({
  keys,
  release,
  parity,
  acceptance: appAcceptance<BlueBandedBeeKeys>("app"),
});
/** Blue Banded Bee's settings as its topology gets them. */
export type BlueBandedBeeSettings = ProgramSettings<BlueBandedBeeKeys>;
