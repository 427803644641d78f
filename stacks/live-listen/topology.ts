// live-listen: web, API, WebSockets and a worker, each a service of its own; the last three from one image.
import { AppService, type Environment, PgDatabase, RedisInstance } from "tandem";
import {
  appHealth,
  appMigration,
  createGateway,
  createTunnelRoute,
  databaseServer,
  defineSystem,
  generatedSecret,
  serviceArgs,
  serviceEnvironment,
  workerHealth,
} from "tandem/system";
import { type LiveListenSettings, settings } from "./settings.ts";

const PORT = 3000;
const SOCKETS = "/ws";

/** Builds one environment. It doesn't know which: what differs is a setting. */
export function liveListen(env: Environment, settings: LiveListenSettings) {
  const { limits, hostname, apiHostname, apiPort } = settings;
  const postgres = new PgDatabase("postgres", {
    env,
    server: databaseServer(settings),
    extensions: ["vector"],
  });
  const redis = new RedisInstance("redis", { env, image: settings.redisImage, limits: limits.redis });
  const gateway = createGateway(env, settings);
  const apiGateway =
    apiPort === undefined
      ? gateway
      : createGateway(env, settings, { role: "api-gateway", hostPort: apiPort });
  const urls = publicUrls(settings);
  const common = {
    ...serviceArgs(env, settings),
    environment: {
      ...serviceEnvironment(env, settings, PORT),
      NEXT_PUBLIC_APP_ENV: env.environment,
      NEXT_PUBLIC_API_URL: urls.api,
      NEXT_PUBLIC_WS_URL: urls.ws,
      FRONTEND_URL: urls.web,
      FEATURES: settings.features.join(","),
      WORKER: "separate",
    },
    secrets: {
      DATABASE_URL: postgres.url,
      REDIS_URL: redis.url,
      JWT_SECRET: generatedSecret(env, "jwt-secret"),
    },
    files: postgres.files,
    networks: postgres.networks,
  };
  const http = { ...common, port: PORT, health: appHealth(PORT) };
  const apiRoute = { gateway: apiGateway, hostnames: [apiHostname] };
  const api = new AppService("api", {
    ...http,
    route: apiRoute,
    migration: appMigration(postgres, settings),
    limits: limits.api,
    dependsOn: [...postgres.ready, ...redis.ready],
  });
  const web = new AppService("web", {
    ...http,
    image: settings.webImage,
    route: { gateway, hostnames: [hostname] },
    limits: limits.web,
    dependsOn: api.ready,
  });
  const ws = new AppService("ws", {
    ...http,
    route: { ...apiRoute, path: SOCKETS },
    limits: limits.ws,
    dependsOn: api.ready,
  });
  const worker = new AppService("worker", {
    ...common,
    command: ["worker"],
    health: workerHealth(redis),
    limits: limits.worker,
    dependsOn: api.ready,
  });
  const tunnel = createTunnelRoute(env, gateway, [hostname, apiHostname], settings);
  return {
    hostname,
    urls: tunnel.urls,
    public: urls,
    gateway: gateway.address,
    apiGateway: apiGateway.address,
    containers: { web: web.containers, api: api.containers, ws: ws.containers, worker: worker.containers },
    imageId: api.imageId,
    database: postgres.database,
  };
}

function publicUrls({ scheme, hostname, apiHostname, hostPort, apiPort }: LiveListenSettings) {
  // A port shows only where nobody stands before the gateway.
  const port = (number: number | undefined) =>
    scheme === "https" || number === undefined ? "" : `:${number}`;
  const api = `${apiHostname}${port(apiPort ?? hostPort)}`;
  return {
    web: `${scheme}://${hostname}${port(hostPort)}`,
    api: `${scheme}://${api}`,
    ws: `${scheme === "https" ? "wss" : "ws"}://${api}`,
  };
}

/** live-listen. */
export const system = defineSystem({ name: "live-listen", settings, topology: liveListen });
