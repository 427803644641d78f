// The library: what a topology is written with.

export type { BuildContext } from "./app-image.ts";
export { AppService, type AppServiceArgs, type RouteSpec } from "./app-service.ts";
export { basicAuth } from "./basic-auth.ts";
export type { HealthCheck, Limits, VolumeMount } from "./container.ts";
export { type DataPolicy, Environment, type EnvironmentArgs, type LogRotation } from "./environment.ts";
export { type BasicAuth, Gateway, type GatewayArgs, type RouteTarget, type WatchSpec } from "./gateway.ts";
export type { GatewayTls } from "./gateway-entry.ts";
export type { MigrationSpec } from "./migration-spec.ts";
export { type ContainerServer, PgDatabase, type PgDatabaseArgs, type PgServer } from "./pg-database.ts";
export { PostgresServer, type PostgresServerArgs } from "./postgres-server.ts";
export { RedisInstance, type RedisInstanceArgs } from "./redis-instance.ts";
export type { SecretDelivery } from "./secret-files.ts";
export { type Tunnel, TunnelRoute, type TunnelRouteArgs } from "./tunnel-route.ts";
