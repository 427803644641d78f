// What Lugh's environments may set, and what its stack of shared servers may.
import {
  commonSettings,
  flag,
  gatewaySettings,
  hostnameSetting,
  hostSettings,
  integer,
  limitSettings,
  list,
  name,
  ownPostgresSettings,
  ownRedisSettings,
  type ProgramSettings,
  releaseSettings,
  SERVER_LIMITS,
  secret,
  serviceSettings,
  setting,
  text,
  variableSettings,
} from "tandem/settings";
import { parity } from "./parity.ts";
import { release } from "./release.ts";

/** Limits of the shared servers, and of what each environment runs itself. */
const { gateway, ...servers } = SERVER_LIMITS;
const host = hostSettings("postgres", "redis", "home");

/** An experimental feature: off, unless an environment says so. */
function feature(variable: string) {
  return setting(flag(), { description: `${variable}: experimental.`, default: false, experimental: true });
}

const keys = {
  hostname: hostnameSetting("lugh.example.com"),
  ...gatewaySettings(3000),
  ...serviceSettings,
  ...releaseSettings,
  ...variableSettings("app"),
  ...limitSettings({ app: { cpus: 1, memory: "384m", pids: 256 }, gateway }),
  database: setting(
    text({
      max: 40,
      pattern: /^[a-z][a-z0-9_]*$/,
      form: "lower-case letters, digits and _",
      example: "staging_lugh",
    }),
    { description: "Database of this environment on the shared Postgres server.", unique: true },
  ),
  redisPrefix: setting(
    text({ max: 40, pattern: /^[\w.-]+:$/, form: "a word and one ':' at its end", example: "staging:" }),
    { description: "Beginning of every key of this environment on the shared Redis server.", unique: true },
  ),
  home: setting(
    text({ max: 100, pattern: /^\/[\w./-]+$/, form: "an absolute path", example: "/.lugh-staging" }),
    { description: "LUGH_HOME: where the volume of the agents' files lies in the container.", unique: true },
  ),
  botDisplayName: setting(text({ max: 64, example: "Lugh Dev" }), {
    description: "Name under which the bot speaks.",
  }),
  telegramBotToken: setting(secret(), {
    description: "Token of this environment's own Telegram bot.",
    optional: true,
    unique: true,
  }),
  agentPool: feature("FEATURE_AGENT_POOL"),
  redisMessaging: feature("FEATURE_REDIS_MESSAGING"),
  simulationLayer: feature("FEATURE_SIMULATION_LAYER"),
  ...host,
};

/** Lugh's settings by key. */
export type LughKeys = typeof keys;
/** What staging and production may set. */
export const settings = commonSettings({ keys, release, parity });
/** Lugh's settings as its topology gets them. */
export type LughSettings = ProgramSettings<LughKeys>;

const sharedKeys = {
  environments: setting(list(name("staging")), {
    description: "Environments that the servers serve, each through a network of its own.",
  }),
  ...ownPostgresSettings(15_200),
  maxConnections: setting(integer({ min: 20, max: 5000, what: "the number of connections" }), {
    description: "Connections that the Postgres server accepts, from all environments together.",
    default: 100,
  }),
  ...ownRedisSettings,
  // Not `limits`: Pulumi.yaml gives that the defaults of the environments.
  serverLimits: limitSettings(servers).limits,
  ...host,
};

/** What the stack `shared` may set. */
export const sharedSettings = commonSettings({ keys: sharedKeys });
/** The shared stack's settings as its topology gets them. */
export type LughSharedSettings = ProgramSettings<typeof sharedKeys>;
