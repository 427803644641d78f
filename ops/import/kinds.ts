// What becomes of a compose service: a component that there is for it, an application, or nothing.
import type { ComposeService } from "./compose/model.ts";

/** What a service is. */
export type Kind = "postgres" | "redis" | "proxy" | "pooler" | "operator" | "app";

/** The last part of an image's repository, without its tag: `pgvector` of `pgvector/pgvector:pg17`. */
export function repositoryOf(image: string): string {
  const path = image.replace(/@.*$/, "").replace(/:[^/]*$/, "");
  return path.split("/").at(-1)?.toLowerCase() ?? "";
}

const POSTGRES = /^(postgres|postgresql|postgis|pgvector|timescaledb(-ha)?|postgres-pgvector)$/;
const REDIS = /^(redis|valkey|redis-stack-server|redis-stack)$/;
const POOLER = /^(pgbouncer|pgpool|pgcat)$/;
const PROXY =
  /^(traefik|nginx-proxy|docker-gen|acme-companion|letsencrypt-nginx-proxy-companion|caddy-docker-proxy|nginx-proxy-manager|certbot|swag|cloudflared|https-portal)$/;
/** They work on the Docker host itself: its containers, images and logs. */
const OPERATOR =
  /^(watchtower|autoheal|portainer(-ce)?|dozzle|ouroboros|diun|docker-socket-proxy|cadvisor|ofelia|promtail|docker-volume-backup)$/;

/** What the service is, by its image: one that is built here is an application. */
export function kindOf({ image, build }: ComposeService): Kind {
  if (image === undefined || build !== undefined) return "app";
  const repository = repositoryOf(image);
  if (POSTGRES.test(repository)) return "postgres";
  if (REDIS.test(repository)) return "redis";
  if (POOLER.test(repository)) return "pooler";
  if (PROXY.test(repository)) return "proxy";
  return OPERATOR.test(repository) ? "operator" : "app";
}

/** Servers that keep data in files that no second process may write: what is new can't run beside what is old. */
const STATEFUL =
  /^(mysql|mariadb|mongo|mongodb|rabbitmq|minio|elasticsearch|opensearch|clickhouse(-server)?|neo4j|cassandra|influxdb|meilisearch|qdrant|kafka|zookeeper|couchdb|etcd|consul|vault|prometheus|grafana|loki|sqlite|mssql|server|postgres|postgis|redis|nats|typesense|weaviate|chroma)$/;

/** Is it a server that must have stopped before its successor starts? */
export function isStateful({ image, build, mounts }: ComposeService): boolean {
  return (
    build === undefined &&
    image !== undefined &&
    STATEFUL.test(repositoryOf(image)) &&
    mounts.some(({ type, readOnly }) => !readOnly && type !== "tmpfs")
  );
}

/** Ports on which servers of others answer by default, as their documentation says. */
const STANDARD_PORTS: Readonly<Record<string, number>> = {
  ...{
    mysql: 3306,
    mariadb: 3306,
    mongo: 27_017,
    mongodb: 27_017,
    rabbitmq: 5672,
    memcached: 11_211,
    nats: 4222,
  },
  ...{ elasticsearch: 9200, opensearch: 9200, minio: 9000, meilisearch: 7700, clickhouse: 8123, kafka: 9092 },
  ...{
    "clickhouse-server": 8123,
    neo4j: 7687,
    influxdb: 8086,
    qdrant: 6333,
    typesense: 8108,
    weaviate: 8080,
  },
  ...{ postgres: 5432, postgis: 5432, redis: 6379, valkey: 6379, couchdb: 5984, etcd: 2379, cassandra: 9042 },
};

/** The port on which the server in an image answers, where it is one that is known. */
export function standardPort(image: string | undefined): number | undefined {
  const name = repositoryOf(image ?? "");
  return Object.hasOwn(STANDARD_PORTS, name) ? STANDARD_PORTS[name] : undefined;
}

/** Ports on which no HTTP is spoken. */
const NO_HTTP = new Set([
  21, 22, 25, 53, 123, 389, 465, 587, 636, 1025, 1433, 1521, 1883, 2181, 2379, 3306, 4222, 5432, 5433, 5672,
  6379, 7687, 8883, 9042, 9092, 9093, 9300, 11_211, 27_017, 27_018,
]);

/** Does a port look like one that browsers are led to? */
export function isLikelyHttp(port: number): boolean {
  return !NO_HTTP.has(port);
}
