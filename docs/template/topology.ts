// shop: an app with a Postgres and a Redis of its own behind a gateway.
import { AppService, type Environment, PgDatabase, RedisInstance } from "tandem";
import {
  appMigration,
  createGateway,
  createTunnelRoute,
  defineSystem,
  ownPostgres,
  serviceArgs,
  serviceEnvironment,
} from "tandem/system";
import { settings, type Values } from "./settings.ts";

const APP_PORT = 8080;

/** Builds one environment. It doesn't know which: what differs is a setting. */
function topology(env: Environment, settings: Values) {
  const { limits, hostname } = settings;
  const postgres = new PgDatabase("postgres", { env, server: ownPostgres(settings), extensions: ["vector"] });
  const redis = new RedisInstance("redis", { env, image: settings.redisImage, limits: limits.redis });
  const gateway = createGateway(env, settings);
  const app = new AppService("app", {
    ...serviceArgs(env, settings),
    port: APP_PORT,
    route: { gateway, hostnames: [hostname] },
    environment: serviceEnvironment(env, settings, APP_PORT),
    secrets: { DATABASE_URL: postgres.url, REDIS_URL: redis.url },
    migration: appMigration(postgres, settings),
    health: { command: ["node", "dist/healthcheck.js", `http://127.0.0.1:${APP_PORT}/ready`] },
    limits: limits.app,
    dependsOn: [...postgres.ready, ...redis.ready],
  });
  const tunnel = createTunnelRoute(env, gateway, [hostname], settings);
  return {
    hostname,
    urls: tunnel.urls,
    gateway: gateway.address,
    containers: app.containers,
    imageId: app.imageId,
    database: postgres.database,
  };
}

/** The system. */
export const system = defineSystem({ name: "shop", settings, topology });
