// What staging and production of shop may set.
import {
  commonSettings,
  gatewaySettings,
  hostnameSetting,
  hostSettings,
  limitSettings,
  ownPostgresSettings,
  ownRedisSettings,
  type ProgramSettings,
  releaseSettings,
  SERVER_LIMITS,
  serviceSettings,
  tunnelSettings,
  variableSettings,
} from "tandem/settings";

const keys = {
  hostname: hostnameSetting("shop.example.com"),
  ...gatewaySettings(3600),
  ...ownPostgresSettings(15_600),
  ...ownRedisSettings,
  ...serviceSettings,
  ...releaseSettings,
  ...variableSettings("app"),
  ...limitSettings({ app: { cpus: 1, memory: "384m", pids: 256 }, ...SERVER_LIMITS }),
  ...tunnelSettings("shop"),
  ...hostSettings("postgres", "redis"),
};

/** Settings of shop. */
export const settings = commonSettings({
  keys,
  release: {
    images: { image: ["app"] },
    // Answers only where Postgres and Redis do.
    smokeTests: ({ hostname }) => [{ hostname, path: "/ready" }],
    login: { user: "basicAuthUser", password: "basicAuthPassword" },
  },
});

/** Settings of shop as its topology gets them. */
export type Values = ProgramSettings<typeof keys>;
