// The Oracle: an app with its own Postgres (pgvector) and Redis behind a gateway.
import {
  AppService,
  basicAuth,
  type Environment,
  Gateway,
  PgDatabase,
  RedisInstance,
  type Tunnel,
  TunnelRoute,
} from "../../components/index.ts";
import type { OracleSettings } from "./settings.ts";

const APP_PORT = 8080;

/** Builds one environment. It doesn't know which: what differs is a setting. */
export function oracle(env: Environment, settings: OracleSettings) {
  const { limits } = settings;
  const url = `https://${settings.hostname}`;
  const postgres = new PgDatabase("postgres", {
    env,
    server: {
      kind: "container",
      image: settings.postgresImage,
      hostPort: settings.postgresPort,
      forwardPort: settings.postgresForwardPort,
      limits: limits.postgres,
    },
    extensions: ["vector"],
  });
  const redis = new RedisInstance("redis", { env, image: settings.redisImage, limits: limits.redis });
  const gateway = new Gateway("gateway", {
    env,
    image: settings.gatewayImage,
    hostPort: settings.hostPort,
    bindAddress: settings.bindAddress,
    limits: limits.gateway,
    noindex: settings.noindex,
    basicAuth: credentials(env, settings),
  });
  const app = new AppService("app", {
    env,
    image: settings.image,
    port: APP_PORT,
    route: { gateway, hostnames: [settings.hostname] },
    environment: {
      NODE_ENV: "production",
      PORT: String(APP_PORT),
      APP_ENV: env.environment,
      // The app ends by itself before the container is killed.
      SHUTDOWN_GRACE_MS: String(settings.stopGraceSeconds * 900),
      LOG_LEVEL: settings.logLevel,
      FRONTEND_URL: url,
      COOLIFY_URL: url,
      COOLIFY_FQDN: settings.hostname,
      VOIP_SYNC_ENABLED: String(settings.voipSync),
      ...(settings.banner === undefined ? {} : { BANNER: settings.banner }),
    },
    secrets: {
      DATABASE_URL: postgres.url,
      REDIS_URL: redis.url,
      ...(settings.voipToken === undefined ? {} : { VOIP_TOKEN: settings.voipToken }),
    },
    secretsAs: settings.secretsAs,
    migration: {
      command: ["migrate"],
      secrets: { MIGRATE_DATABASE_URL: postgres.ownerUrl },
      files: "/app/migrations",
      applied: { table: "pgmigrations", column: "name" },
      database: postgres,
      restorePoints: settings.restorePoints,
    },
    health: { command: ["node", "dist/healthcheck.js", `http://127.0.0.1:${APP_PORT}/ready`] },
    healthTimeoutSeconds: settings.healthTimeoutSeconds,
    stopGraceSeconds: settings.stopGraceSeconds,
    watch: { seconds: settings.watchSeconds, errorPercent: settings.watchErrorPercent },
    replicas: settings.replicas,
    limits: limits.app,
    dependsOn: [...postgres.ready, ...redis.ready],
  });
  const tunnel = new TunnelRoute("tunnel", {
    env,
    gateway,
    hostnames: [settings.hostname],
    tunnel: tunnelOf(settings),
  });
  return {
    hostname: settings.hostname,
    urls: tunnel.urls,
    gateway: gateway.address,
    containers: app.containers,
    imageId: app.imageId,
    database: postgres.database,
  };
}

function credentials(env: Environment, settings: OracleSettings) {
  const { basicAuthUser, basicAuthPassword } = settings;
  if (basicAuthUser === undefined || basicAuthPassword === undefined) return undefined;
  return basicAuth(env, basicAuthUser, basicAuthPassword);
}

function tunnelOf({ tunnel, cloudflareApiToken }: OracleSettings): Tunnel {
  if (tunnel.kind === "local") return tunnel;
  return { ...tunnel, apiToken: cloudflareApiToken ?? "" };
}
