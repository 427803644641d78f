// eduaiia: Django with its own Postgres behind a pooler, its own Redis and storage; the environments share nothing.
import { AppService, DataVolume, type Environment, PgDatabase, RedisInstance } from "tandem";
import {
  appHealth,
  appMigration,
  createGateway,
  createTunnelRoute,
  defineSystem,
  generatedSecret,
  ownPostgres,
  serviceArgs,
  serviceEnvironment,
} from "tandem/system";
import { nameOf } from "./names.ts";
import { type EduaiiaSettings, settings } from "./settings.ts";

const POOLER = "pgbouncer";
const STORAGE = "/storage";
/** Login of the application on its database. */
const USER = "aiia";

/** Builds one environment. It doesn't know which: what differs is a setting. */
export function eduaiia(env: Environment, settings: EduaiiaSettings) {
  const { limits, djangoPort } = settings;
  const hostnames = [settings.hostname, ...(settings.alias === undefined ? [] : [settings.alias])];
  const postgres = new PgDatabase("postgres", {
    env,
    server: ownPostgres(settings),
    database: `aiia_${settings.suffix}`,
    logins: { app: USER },
    extensions: ["vector"],
    pooler: { image: settings.poolerImage, role: POOLER, limits: limits.pgbouncer },
  });
  const redis = new RedisInstance("redis", { env, image: settings.redisImage, limits: limits.redis });
  const storage = new DataVolume("storage", { env, role: "storage", image: settings.image });
  const gateway = createGateway(env, settings, { hostnames });
  const django = new AppService("django", {
    ...serviceArgs(env, settings),
    port: djangoPort,
    route: { gateway, hostnames },
    environment: {
      ...serviceEnvironment(env, settings, djangoPort),
      FRONTEND_URL: `https://${settings.hostname}`,
      ALLOWED_HOSTS: hostnames.join(","),
      DB_HOST: POOLER,
      DB_NAME: postgres.database,
      DB_USER: USER,
      STORAGE_ROOT: STORAGE,
    },
    secrets: {
      DATABASE_URL: postgres.url,
      REDIS_URL: redis.url,
      SECRET_KEY: generatedSecret(env, "secret-key"),
    },
    migration: appMigration(postgres, settings),
    health: appHealth(djangoPort),
    volumes: [{ volume: storage.volume, path: STORAGE }],
    limits: limits.django,
    dependsOn: [...postgres.ready, ...redis.ready],
  });
  const tunnel = createTunnelRoute(env, gateway, hostnames, settings);
  return {
    hostname: settings.hostname,
    urls: tunnel.urls,
    gateway: gateway.address,
    containers: django.containers,
    imageId: django.imageId,
    database: postgres.database,
  };
}

/** eduaiia. */
export const system = defineSystem({
  name: "eduaiia",
  settings,
  topology: eduaiia,
  naming:
    ({ suffix }) =>
    (role) =>
      nameOf(suffix, role),
});
