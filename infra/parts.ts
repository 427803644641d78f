// Parts of a topology that follow from the common settings alone, so that no topology spells them out.
import * as pulumi from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random/randomPassword.js";
import {
  type AppServiceArgs,
  basicAuth,
  type ContainerServer,
  type Environment,
  Gateway,
  type HealthCheck,
  type Limits,
  type MigrationSpec,
  type PgDatabase,
  type PgServer,
  type RedisInstance,
  type Tunnel,
  TunnelRoute,
} from "../components/index.ts";
import type { ProgramSettings } from "./settings/define.ts";
import type { gatewaySettings, httpsSettings } from "./settings/gateway-settings.ts";
import type { databaseSettings, ownPostgresSettings } from "./settings/server-settings.ts";
import type { serviceSettings } from "./settings/service-settings.ts";
import type { tunnelSettings } from "./settings/tunnel-settings.ts";

/** Limits by role, as `limitSettings` gives them. */
type LimitsOf<R extends string> = { limits: Record<R, Limits> };
type GatewaySettings = ProgramSettings<ReturnType<typeof gatewaySettings>> &
  LimitsOf<"gateway"> &
  Partial<ProgramSettings<ReturnType<typeof httpsSettings>>> &
  Partial<Pick<ProgramSettings<ReturnType<typeof tunnelSettings>>, "tunnel">>;
type DatabaseSettings = ProgramSettings<ReturnType<typeof databaseSettings>> & LimitsOf<"postgres">;
type TunnelSettings = ProgramSettings<ReturnType<typeof tunnelSettings>>;
type PostgresSettings = ProgramSettings<ReturnType<typeof ownPostgresSettings>> & LimitsOf<"postgres">;
type ServiceSettings = ProgramSettings<typeof serviceSettings>;

/** A second gateway, or the hostnames for which the one ends TLS. */
interface GatewayOptions {
  /** @default "gateway" */
  role?: string;
  /** @default the setting's */
  hostPort?: number;
  /** Hostnames for TLS, where `httpsPort` is set. */
  hostnames?: string[];
}

/** The environment's gateway. */
export function createGateway(
  env: Environment,
  settings: GatewaySettings,
  { role = "gateway", hostPort = settings.hostPort, hostnames = [] }: GatewayOptions = {},
): Gateway {
  const { basicAuthUser: user, basicAuthPassword: password, httpsPort, forceHttps } = settings;
  return new Gateway(role, {
    env,
    role,
    tls: httpsPort === undefined ? undefined : { hostPort: httpsPort, hostnames },
    forceHttps,
    image: settings.gatewayImage,
    hostPort,
    bindAddress: settings.bindAddress,
    trustedProxies: settings.trustedProxies,
    ownTunnel: settings.tunnel?.kind === "own",
    maxBodyMb: settings.maxBodyMb,
    limits: settings.limits.gateway,
    noindex: settings.noindex,
    basicAuth: user === undefined || password === undefined ? undefined : basicAuth(env, user, password),
  });
}

/** The way from the world to the gateway. */
export function createTunnelRoute(
  env: Environment,
  gateway: Gateway,
  hostnames: string[],
  { tunnel, cloudflareApiToken }: TunnelSettings,
): TunnelRoute {
  const tunnelRoute = (way: Tunnel) => new TunnelRoute("tunnel", { env, gateway, hostnames, tunnel: way });
  const apiToken = cloudflareApiToken ?? "";
  if (tunnel.kind === "local") return tunnelRoute(tunnel);
  if (tunnel.kind === "own") return tunnelRoute({ ...tunnel, apiToken });
  const key = `${env.system}:tunnel.takeOver`;
  return tunnelRoute({
    ...tunnel,
    apiToken,
    // A connector on this machine reaches the gateway where it listens.
    service: tunnel.service ?? `http://${gateway.address}`,
    takeOverCommand: `pulumi config set --path '${key}' true --stack ${env.environment}`,
  });
}

/** A Postgres server of the environment's own. */
export function ownPostgres(settings: PostgresSettings): ContainerServer {
  return {
    kind: "container",
    image: settings.postgresImage,
    hostPort: settings.postgresPort,
    forwardPort: settings.postgresForwardPort,
    limits: settings.limits.postgres,
  };
}

/** The database's server as the settings name it. */
export function databaseServer(settings: DatabaseSettings): PgServer {
  const { databaseServer: server, postgresPort, databasePassword, databaseCaFile } = settings;
  const missing = (key: string) =>
    new pulumi.RunError(`${key} is missing for a database server of kind ${server.kind}`);
  if (server.kind === "managed") {
    if (databasePassword === undefined) throw missing("databasePassword");
    return { ...server, password: databasePassword, caFile: databaseCaFile };
  }
  if (postgresPort === undefined) throw missing("postgresPort");
  return ownPostgres({ ...settings, postgresPort });
}

/** A secret that this environment alone has, and that nobody needs to know: of a session, a token, a cookie. */
export function generatedSecret(env: Environment, name: string): pulumi.Output<string> {
  return new RandomPassword(name, { length: 50, special: false }, { parent: env }).result;
}

/** The check of a service of the example app that answers requests. */
export function appHealth(port: number): HealthCheck {
  return { command: ["node", "dist/healthcheck.js", `http://127.0.0.1:${port}/ready`] };
}

/** The check of a worker: it reaches its queue. What else goes wrong with it ends its process. */
export function workerHealth({ host, port }: RedisInstance): HealthCheck {
  const script =
    `require("node:net").connect(${port}, "${host}")` +
    '.once("connect", () => process.exit(0)).once("error", () => process.exit(1))';
  return { command: ["node", "-e", script] };
}

/** How every service of the system runs. */
export function serviceArgs(
  env: Environment,
  settings: ServiceSettings,
): Pick<
  AppServiceArgs,
  "env" | "image" | "secretsAs" | "healthTimeoutSeconds" | "stopGraceSeconds" | "watch"
> {
  const { image, secretsAs, healthTimeoutSeconds, stopGraceSeconds } = settings;
  const watch = { seconds: settings.watchSeconds, errorPercent: settings.watchErrorPercent };
  return { env, image, secretsAs, healthTimeoutSeconds, stopGraceSeconds, watch };
}

/** Variables that every service gets. */
export function serviceEnvironment(env: Environment, settings: ServiceSettings, port?: number) {
  return {
    NODE_ENV: "production",
    APP_ENV: env.environment,
    LOG_LEVEL: settings.logLevel,
    // The app ends by itself before the container is killed.
    SHUTDOWN_GRACE_MS: String(settings.stopGraceSeconds * 900),
    ...(port === undefined ? {} : { PORT: String(port) }),
  };
}

/** The example app's migration: what changes the database is the owner, and never the app's login. */
export function appMigration(
  database: PgDatabase,
  { restorePoints }: { restorePoints: number },
): MigrationSpec {
  return {
    command: ["migrate"],
    secrets: { MIGRATE_DATABASE_URL: database.ownerUrl },
    files: "/app/migrations",
    applied: { table: "pgmigrations", column: "name" },
    database,
    restorePoints,
  };
}
