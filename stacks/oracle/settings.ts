// What staging and production of The Oracle may set.
import {
  gatewaySettings,
  hostnameSetting,
  hostSettings,
  limitSettings,
  ownPostgresSettings,
  ownRedisSettings,
  releaseSettings,
  SERVER_LIMITS,
  serviceSettings,
  tunnelSettings,
} from "../../infra/settings/common.ts";
import { commonSettings } from "../../infra/settings/common-rules.ts";
import { type ProgramSettings, setting } from "../../infra/settings/define.ts";
import { flag, integer, secret, text } from "../../infra/settings/scalars.ts";
import { parity } from "./parity.ts";
import { release } from "./release.ts";

const keys = {
  hostname: hostnameSetting(
    "oracle.example.com",
    "Hostname that this environment answers to; its public URLs follow from it.",
  ),
  ...gatewaySettings(3100),
  ...ownPostgresSettings(15_100),
  ...ownRedisSettings,
  ...serviceSettings,
  ...releaseSettings,
  replicas: setting(integer({ min: 1, max: 10, what: "the number of app containers" }), {
    description: "Number of app containers, 1 to 10.",
    default: 1,
  }),
  ...limitSettings({ app: { cpus: 1, memory: "512m", pids: 256 }, ...SERVER_LIMITS }),
  banner: setting(text({ max: 120, example: "STAGING ENVIRONMENT" }), {
    description: "Banner on every page; none if empty.",
    optional: true,
  }),
  voipSync: setting(flag(), {
    description: "Process live customer calls. One environment at most.",
    default: false,
    example: "false",
    exclusive: true,
    productionOnly: true,
  }),
  voipToken: setting(secret(), {
    description: "Token of the VoIP provider.",
    optional: true,
    unique: true,
  }),
  ...tunnelSettings("oracle"),
  ...hostSettings("postgres", "redis"),
};

/** The Oracle's settings by key. */
export type OracleKeys = typeof keys;

/** The Oracle's settings. */
export const settings = commonSettings({ keys, release, parity });

/** The Oracle's settings as its topology gets them. */
export type OracleSettings = ProgramSettings<OracleKeys>;
