// Lugh: two environments on one server, each with a database and a key prefix of its own on shared servers.
import {
  AppService,
  DataVolume,
  type Environment,
  guardSharedUse,
  PgDatabase,
  PostgresServer,
  RedisInstance,
  type SharedPostgres,
  type SharedRedis,
  SharedRedisServer,
  sharedNetworks,
} from "tandem";
import {
  appMigration,
  createGateway,
  defineSystem,
  ownPostgres,
  serviceArgs,
  serviceEnvironment,
} from "tandem/system";
import { type LughSettings, type LughSharedSettings, settings, sharedSettings } from "./settings.ts";

const APP_PORT = 3000;

/** What the stack `shared` hands out. */
export interface LughShared {
  postgres: SharedPostgres;
  redis: SharedRedis;
}

/** Builds the servers that staging and production share. */
export function lughShared(env: Environment, settings: LughSharedSettings) {
  const networks = sharedNetworks(env, settings.environments);
  const postgres = new PostgresServer("postgres", {
    env,
    ...ownPostgres({ ...settings, limits: settings.serverLimits }),
    maxConnections: settings.maxConnections,
    networks,
  });
  const redis = new SharedRedisServer("redis", {
    env,
    image: settings.redisImage,
    limits: settings.serverLimits.redis,
    networks,
  });
  guardSharedUse(env, networks, [...postgres.ready, ...redis.ready]);
  return { postgres: postgres.shared, redis: redis.shared };
}

/** Builds one environment. It doesn't know which: what differs is a setting. */
export function lugh(env: Environment, settings: LughSettings, shared: LughShared) {
  const { limits } = settings;
  const database = new PgDatabase("postgres", {
    env,
    server: { kind: "shared", ...shared.postgres },
    database: settings.database,
    extensions: ["vector"],
  });
  const redis = new RedisInstance("redis", {
    env,
    server: { kind: "shared", ...shared.redis },
    prefix: settings.redisPrefix,
  });
  const gateway = createGateway(env, settings);
  const home = new DataVolume("home", { env, role: "home", image: settings.image });
  const app = new AppService("app", {
    ...serviceArgs(env, settings),
    port: APP_PORT,
    route: { gateway, hostnames: [settings.hostname] },
    environment: {
      ...serviceEnvironment(env, settings, APP_PORT),
      APP_NAME: settings.botDisplayName,
      BOT_DISPLAY_NAME: settings.botDisplayName,
      LUGH_HOME: settings.home,
      REDIS_PREFIX: settings.redisPrefix,
      FEATURE_AGENT_POOL: String(settings.agentPool),
      FEATURE_REDIS_MESSAGING: String(settings.redisMessaging),
      FEATURE_SIMULATION_LAYER: String(settings.simulationLayer),
    },
    secrets: {
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      ...(settings.telegramBotToken === undefined ? {} : { TELEGRAM_BOT_TOKEN: settings.telegramBotToken }),
    },
    migration: appMigration(database, settings),
    health: { command: ["node", "dist/healthcheck.js", `http://127.0.0.1:${APP_PORT}/ready`] },
    volumes: [{ volume: home.volume, path: settings.home }],
    networks: [...new Set([...database.networks, ...redis.networks])],
    limits: limits.app,
    dependsOn: [...database.ready, ...redis.ready],
  });
  return {
    hostname: settings.hostname,
    url: `http://${gateway.address}`,
    gateway: gateway.address,
    containers: app.containers,
    imageId: app.imageId,
    database: database.database,
  };
}

/** Lugh. */
export const system = defineSystem({
  name: "lugh",
  settings,
  topology: lugh,
  shared: { settings: sharedSettings, topology: lughShared },
});
