// The Oracle: an app with its own Postgres (pgvector) and Redis behind a gateway.
import { AppService, type Environment, PgDatabase, RedisInstance, reachService } from "tandem";
import {
  appMigration,
  createGateway,
  createTunnelRoute,
  defineSystem,
  ownPostgres,
  serviceArgs,
  serviceEnvironment,
} from "tandem/system";
import { type OracleSettings, settings, sharedSettings, usesShared } from "./settings.ts";
import { type OracleShared, oracleShared } from "./shared.ts";

const APP_PORT = 8080;

/** Builds one environment. It doesn't know which: what differs is a setting. */
export function oracle(env: Environment, settings: OracleSettings, shared: OracleShared | undefined) {
  const { limits } = settings;
  const whisper = shared === undefined ? undefined : reachService(env, shared.whisper);
  const url = `https://${settings.hostname}`;
  const postgres = new PgDatabase("postgres", {
    env,
    server: ownPostgres(settings),
    extensions: ["vector"],
  });
  const redis = new RedisInstance("redis", { env, image: settings.redisImage, limits: limits.redis });
  const gateway = createGateway(env, settings);
  const app = new AppService("app", {
    ...serviceArgs(env, settings),
    port: APP_PORT,
    route: { gateway, hostnames: [settings.hostname] },
    environment: {
      ...serviceEnvironment(env, settings, APP_PORT),
      FRONTEND_URL: url,
      COOLIFY_URL: url,
      COOLIFY_FQDN: settings.hostname,
      VOIP_SYNC_ENABLED: String(settings.voipSync),
      ...(settings.banner === undefined ? {} : { BANNER: settings.banner }),
      ...(whisper === undefined ? {} : { WHISPER_URL: whisper.url }),
    },
    secrets: {
      DATABASE_URL: postgres.url,
      REDIS_URL: redis.url,
      ...(settings.voipToken === undefined ? {} : { VOIP_TOKEN: settings.voipToken }),
    },
    migration: appMigration(postgres, settings),
    health: { command: ["node", "dist/healthcheck.js", `http://127.0.0.1:${APP_PORT}/ready`] },
    replicas: settings.replicas,
    networks: whisper?.networks,
    limits: limits.app,
    dependsOn: [...postgres.ready, ...redis.ready],
  });
  const tunnel = createTunnelRoute(env, gateway, [settings.hostname], settings);
  return {
    hostname: settings.hostname,
    urls: tunnel.urls,
    gateway: gateway.address,
    containers: app.containers,
    imageId: app.imageId,
    database: postgres.database,
  };
}

/** The Oracle. */
export const system = defineSystem({
  name: "oracle",
  settings,
  topology: oracle,
  shared: { settings: sharedSettings, topology: oracleShared, usedBy: usesShared },
});
