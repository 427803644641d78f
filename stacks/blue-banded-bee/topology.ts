// Blue Banded Bee: staging mirrors production; an app with its workers on a managed database, HTTPS only.
import { AppService, type Environment, PgDatabase, RedisInstance } from "tandem";
import {
  appHealth,
  appMigration,
  createGateway,
  createTunnelRoute,
  databaseServer,
  defineSystem,
  serviceArgs,
  serviceEnvironment,
} from "tandem/system";
import { type BlueBandedBeeSettings, settings } from "./settings.ts";

const APP_PORT = 8080;

/** Builds one environment. It doesn't know which: what differs is a setting. */
export function blueBandedBee(env: Environment, settings: BlueBandedBeeSettings) {
  const { limits, hostname } = settings;
  const postgres = new PgDatabase("postgres", {
    env,
    server: databaseServer(settings),
    extensions: ["vector"],
  });
  const redis = new RedisInstance("redis", { env, image: settings.redisImage, limits: limits.redis });
  const gateway = createGateway(env, settings, { hostnames: [hostname] });
  const app = new AppService("app", {
    ...serviceArgs(env, settings),
    port: APP_PORT,
    route: { gateway, hostnames: [hostname] },
    environment: {
      ...serviceEnvironment(env, settings, APP_PORT),
      FRONTEND_URL: `https://${hostname}`,
      REGION: settings.region,
      // One process, as on its one machine: the pool of workers runs in the app.
      WORKER: "inline",
    },
    secrets: {
      DATABASE_URL: postgres.url,
      REDIS_URL: redis.url,
      ...(settings.sentryDsn === undefined ? {} : { SENTRY_DSN: settings.sentryDsn }),
    },
    files: postgres.files,
    networks: postgres.networks,
    migration: appMigration(postgres, settings),
    health: appHealth(APP_PORT),
    replicas: settings.replicas,
    limits: limits.app,
    dependsOn: [...postgres.ready, ...redis.ready],
  });
  const tunnel = createTunnelRoute(env, gateway, [hostname], settings);
  return {
    hostname,
    urls: tunnel.urls,
    gateway: gateway.address,
    region: settings.region,
    containers: app.containers,
    imageId: app.imageId,
    database: postgres.database,
  };
}

/** Blue Banded Bee. */
export const system = defineSystem({
  name: "blue-banded-bee",
  settings,
  topology: blueBandedBee,
  naming:
    ({ app }) =>
    (role) =>
      `${app}_${role}`,
});
