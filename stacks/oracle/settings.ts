// What staging and production of The Oracle may set.
import { defineSettings, type ProgramSettings, setting } from "../../infra/settings/define.ts";
import { bindAddress, dockerHost, hostname, port } from "../../infra/settings/network.ts";
import { duration, imageReference, type LimitDefaults, limits } from "../../infra/settings/resources.ts";
import { choice, flag, integer, name, secret, text } from "../../infra/settings/scalars.ts";
import { list, section, variants } from "../../infra/settings/structures.ts";
import { release } from "./release.ts";
import { demands, listeners, rules } from "./rules.ts";

/** Limits of the containers where a stack sets none; both environments get the same, as a rehearsal should. */
const LIMITS = {
  app: { cpus: 1, memory: "512m", pids: 256 },
  postgres: { cpus: 1, memory: "512m", pids: 256 },
  redis: { cpus: 0.5, memory: "256m", pids: 64 },
  gateway: { cpus: 0.5, memory: "128m", pids: 128 },
} satisfies Record<string, LimitDefaults>;

const CLOUDFLARE_ID = { pattern: /^[0-9a-f]{32}$/, form: "32 hexadecimal digits", example: "0".repeat(32) };

const keys = {
  hostname: setting(hostname("oracle.example.com"), {
    description: "Hostname that this environment answers to; its public URLs follow from it.",
    unique: true,
  }),
  hostPort: setting(port(3100), { description: "Port of the Docker host that the gateway listens on." }),
  bindAddress: setting(bindAddress(), {
    description: "Address of the Docker host that the gateway listens on.",
    default: "127.0.0.1",
  }),
  postgresPort: setting(port(15_100), {
    description: "Port of the Docker host's loopback address that the Postgres server listens on.",
  }),
  image: setting(imageReference("tandem-example:0.1.0"), {
    description: "Image of the app, with its tag or digest.",
  }),
  postgresImage: setting(imageReference(), {
    description: "Image of the Postgres server; it must hold pgvector.",
    default: "pgvector/pgvector:0.8.2-pg17-trixie",
  }),
  redisImage: setting(imageReference(), {
    description: "Image of the Redis server.",
    default: "redis:7.2.11-bookworm",
  }),
  gatewayImage: setting(imageReference(), {
    description: "Image of the gateway.",
    default: "caddy:2.11.9-alpine",
  }),
  replicas: setting(integer({ min: 1, max: 10, what: "the number of app containers" }), {
    description: "Number of app containers, 1 to 10.",
    default: 1,
  }),
  limits: setting(
    section(
      {
        app: limits(LIMITS.app, "64m"),
        postgres: limits(LIMITS.postgres, "128m"),
        redis: limits(LIMITS.redis, "32m"),
        gateway: limits(LIMITS.gateway, "64m"),
      },
      { defaults: LIMITS },
    ),
    {
      description: "Most that each container may use: cpus, memory (512m, 1g) and pids; by role.",
      default: LIMITS,
    },
  ),
  banner: setting(text({ max: 120, example: "STAGING ENVIRONMENT" }), {
    description: "Banner on every page; none if empty.",
    optional: true,
  }),
  logLevel: setting(choice("info", "fatal", "error", "warn", "debug", "trace"), {
    description: "Least important log line that the app writes.",
    default: "info",
  }),
  voipSync: setting(flag(), {
    description: "Process live customer calls. One environment at most.",
    default: false,
    example: "false",
    exclusive: true,
  }),
  voipToken: setting(secret(), { description: "Token of the VoIP provider.", optional: true }),
  noindex: setting(flag(), { description: "Ask search engines to stay away.", default: false }),
  basicAuthUser: setting(
    text({ max: 64, pattern: /^[^\s:]+$/, form: "one word without a colon", example: "team" }),
    {
      description: "User name that the gateway asks for; none if empty.",
      optional: true,
    },
  ),
  basicAuthPassword: setting(secret(), {
    description: "Password that the gateway asks for, with basicAuthUser.",
    optional: true,
  }),
  tunnel: setting(
    variants("kind", {
      local: {},
      own: { accountId: text(CLOUDFLARE_ID), zoneId: text(CLOUDFLARE_ID), name: name("oracle") },
    }),
    {
      description:
        "How the world reaches the gateway: {kind: local}, or {kind: own, accountId, zoneId, name} on Cloudflare.",
      default: { kind: "local" },
    },
  ),
  cloudflareApiToken: setting(secret(), {
    description: "Cloudflare API token, for a tunnel of its own.",
    optional: true,
  }),
  protectData: setting(flag(), {
    description: "Refuse to delete volumes, databases and servers.",
    default: true,
  }),
  releaseData: setting(list(choice("postgres", "redis")), {
    description: "Roles whose data may be destroyed or replaced by the next update: postgres, redis.",
    default: [],
  }),
  restorePoints: setting(integer({ min: 0, max: 100, example: 5, what: "the number of restore points" }), {
    description: "Restore points of the database to keep; one is made before migrations. 0 for none.",
    default: 0,
  }),
  promoteAfter: setting(duration(), {
    description: "How long a version must have been healthy in the environment that it is promoted from.",
    default: "10m",
  }),
  dockerHost: setting(dockerHost(), {
    description: "Docker host, unix:///path or ssh://user@host[:port]; this machine's own if empty.",
    optional: true,
  }),
  postgresForwardPort: setting(port(16_100), {
    description: "Port of this machine that leads to postgresPort of an ssh:// Docker host; 0 for none.",
    optional: true,
  }),
  secretsAs: setting(choice("env", "files"), {
    description: "How the app gets its secrets: env (environment variables) or files (under /run/secrets).",
    default: "env",
  }),
  stopGraceSeconds: setting(
    integer({ min: 1, max: 600, example: 30, what: "the time to stop, in seconds," }),
    {
      description: "Seconds that a container has to stop before it is killed.",
      default: 30,
    },
  ),
  watchSeconds: setting(
    integer({ min: 0, max: 3600, example: 30, what: "the time to watch a new version, in seconds," }),
    {
      description:
        "Seconds that a new version is watched after it took over; if it goes bad, the route moves back.",
      default: 10,
    },
  ),
  watchErrorPercent: setting(
    integer({ min: 1, max: 100, example: 20, what: "the share of server errors, in percent," }),
    {
      description: "Share of server errors, in percent, above which a watched version counts as bad.",
      default: 20,
    },
  ),
  healthTimeoutSeconds: setting(
    integer({ min: 5, max: 1800, example: 120, what: "the time to start, in seconds," }),
    {
      description: "Seconds that a container has to become healthy.",
      default: 120,
    },
  ),
};

/** The Oracle's settings by key. */
export type OracleKeys = typeof keys;

/** The Oracle's settings. */
export const settings = defineSettings({ keys, rules, listeners, demands, release });

/** The Oracle's settings as its topology gets them. */
export type OracleSettings = ProgramSettings<OracleKeys>;
