// What staging and production of eduaiia may set.
import {
  commonSettings,
  gatewaySettings,
  hostname,
  hostnameSetting,
  hostSettings,
  httpsSettings,
  imageReference,
  limitSettings,
  name,
  ownPostgresSettings,
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

const keys = {
  suffix: setting(name("staging"), {
    description: "What the names of this environment's containers, networks, volumes and database hold.",
    unique: true,
  }),
  hostname: hostnameSetting("app.example.com"),
  alias: setting(hostname("www.example.com"), {
    description: "Second hostname that this environment answers to; none if empty.",
    optional: true,
    unique: true,
  }),
  ...gatewaySettings(8080),
  ...httpsSettings(8443),
  djangoPort: setting(port(8000), { description: "Port that Django listens on inside its container." }),
  ...ownPostgresSettings(15_300),
  poolerImage: setting(imageReference(), {
    description: "Image of the connection pooler, PgBouncer.",
    default: "edoburu/pgbouncer:v1.24.1-p1",
  }),
  ...ownRedisSettings,
  ...serviceSettings,
  ...releaseSettings,
  ...variableSettings("django"),
  ...limitSettings({
    django: { cpus: 1, memory: "512m", pids: 256 },
    pgbouncer: { cpus: 0.25, memory: "64m", pids: 32 },
    ...SERVER_LIMITS,
  }),
  ...tunnelSettings("eduaiia"),
  ...hostSettings("postgres", "redis", "storage"),
};

/** eduaiia's settings by key. */
export type EduaiiaKeys = typeof keys;

/** eduaiia's settings. */
export const settings = commonSettings({
  keys,
  replicated: [],
  parity,
  release: {
    images: { image: ["django"] },
    smokeTests: ({ hostname: host }) => [{ hostname: host, path: "/ready" }],
    login: { user: "basicAuthUser", password: "basicAuthPassword" },
  },
});

/** eduaiia's settings as its topology gets them. */
export type EduaiiaSettings = ProgramSettings<EduaiiaKeys>;
