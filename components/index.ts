// The library: what a topology is written with.

export type { BuildContext } from "./app-image.ts";
export { AppService, type AppServiceArgs, type RouteSpec } from "./app-service.ts";
export { basicAuth } from "./basic-auth.ts";
export type { Limits, VolumeMount } from "./container.ts";
export { DataVolume, type DataVolumeArgs } from "./data-volume.ts";
export { type DataPolicy, Environment, type EnvironmentArgs, type LogRotation } from "./environment.ts";
export { type BasicAuth, Gateway, type GatewayArgs, type RouteTarget, type WatchSpec } from "./gateway.ts";
export type { ClientOptions } from "./gateway-clients.ts";
export type { GatewayTls } from "./gateway-entry.ts";
export type { GivenVariables } from "./given-variables.ts";
export type {
  CommandHealth,
  HealthCheck,
  HealthTimes,
  HttpHealth,
  ShellHealth,
  TcpHealth,
} from "./health-check.ts";
export type { DeviceSpec, ImageOptions, PublishedPort, TemporaryFolder } from "./image-options.ts";
export { Job, type JobArgs } from "./job.ts";
export type { ScheduledJob } from "./jobs.ts";
export type { MigrationSpec } from "./migration-spec.ts";
export { CONNECTOR_IMAGE, type OwnTunnel } from "./own-tunnel.ts";
export { PgDatabase, type PgDatabaseArgs } from "./pg-database.ts";
export type { PgLogin } from "./pg-login.ts";
export type { PoolerArgs } from "./pg-pooler.ts";
export type { ContainerServer, ManagedServer, PgServer, SharedServer } from "./pg-servers.ts";
export { PostgresServer, type PostgresServerArgs, type SharedPostgres } from "./postgres-server.ts";
export type { PresetName } from "./presets.ts";
export type { RedisCommand } from "./redis-acl.ts";
export type { Eviction } from "./redis-container.ts";
export { RedisInstance, type RedisInstanceArgs } from "./redis-instance.ts";
export { Release, type ReleaseArgs, type ReleasedService } from "./release.ts";
export type { SecretDelivery } from "./secret-files.ts";
export { guardSharedUse, type SharedNetworks, sharedNetworks } from "./shared-networks.ts";
export {
  type SharedRedis,
  SharedRedisServer,
  type SharedRedisServerArgs,
} from "./shared-redis-server.ts";
export {
  reachService,
  type SharedEndpoint,
  SharedService,
  type SharedServiceArgs,
} from "./shared-service.ts";
export type { SharedTunnel } from "./shared-tunnel.ts";
export { type StatefulLogin, StatefulService, type StatefulServiceArgs } from "./stateful-service.ts";
export type { AccessRule } from "./tunnel-parts.ts";
export { type Tunnel, TunnelRoute, type TunnelRouteArgs } from "./tunnel-route.ts";
