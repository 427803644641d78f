// Changes of a pair of environments, with what the report on each must say. Each comes on top of those before it.
import { SERVER_LIMITS } from "../../infra/settings/common.ts";
import type { Group, Ports, Verdict } from "./preview-change.ts";
import type { StackConfig } from "./project.ts";

const LIMITS = { app: { cpus: 1, memory: "512m", pids: 256 }, ...SERVER_LIMITS };
const limits = (changes: object): StackConfig => ({ limits: { ...LIMITS, ...changes } });

/** A change of settings: nothing is pending in the database, so no migration runs. */
const DEPLOY: Verdict = { effects: { replaces: ["app"] }, risks: ["deploy"] };
/** A change of the image. */
const MIGRATED: Verdict = {
  effects: { replaces: ["app"], migrations: ["app-migration"] },
  risks: ["deploy", "migration"],
};
const RESTART = (component: string): Verdict => ({ effects: { restarts: [component] }, risks: ["restart"] });
const NOTHING: Verdict = { effects: {} };
const ROUTE = { routes: ["app-route"] };
const EXPOSED: Verdict = { effects: { ...ROUTE, exposes: ["app-route"] }, risks: ["route", "exposure"] };
const both = (verdict: Verdict) => ({ staging: verdict, production: verdict });

const WORKER = `
  const worker = new AppService("worker", {
    ...serviceArgs(env, settings),
    command: ["worker"],
    environment: serviceEnvironment(env, settings),
    secrets: { DATABASE_URL: postgres.url, REDIS_URL: redis.url },
    health: { command: ["true"] },
    limits: limits.redis,
    dependsOn: [...postgres.ready, ...redis.ready],
  });
  const tunnel =`;

/** The changes, in their order. `image` is staging's own tag. */
export function changeGroups(ports: Ports, image: string): Group[] {
  const at = (port: number) => `127.0.0.1:${port}`;
  return [
    {
      changes: [
        { name: "a banner", staging: { banner: "RESET ON FRIDAY" }, expected: { staging: DEPLOY } },
        { name: "a log level", staging: { logLevel: "info" }, expected: { staging: DEPLOY } },
        { name: "a time to stop", staging: { stopGraceSeconds: 20 }, expected: { staging: DEPLOY } },
        {
          name: "a second replica",
          staging: { replicas: 2 },
          expected: { staging: { effects: { creates: ["app"] } } },
        },
        {
          name: "production's banner",
          production: { banner: "MAINTENANCE AT NOON" },
          expected: { production: DEPLOY },
        },
      ],
    },
    {
      changes: [
        {
          name: "one replica again",
          staging: { replicas: 1 },
          expected: { staging: { effects: { removes: ["app"] }, risks: ["removed"] } },
        },
        {
          name: "memory of the app",
          staging: limits({ app: { cpus: 1, memory: "256m", pids: 256 } }),
          expected: { staging: { effects: { updates: ["app"] } } },
        },
        { name: "a time to get healthy", staging: { healthTimeoutSeconds: 100 }, expected: {} },
        { name: "a time to watch", staging: { watchSeconds: 0 }, expected: {} },
        { name: "restore points", staging: { restorePoints: 1 }, expected: {} },
      ],
    },
    {
      changes: [
        {
          name: "limits of all",
          staging: limits({
            app: { cpus: 0.5, memory: "256m", pids: 200 },
            postgres: { ...SERVER_LIMITS.postgres, memory: "384m" },
            redis: { ...SERVER_LIMITS.redis, memory: "128m" },
            gateway: { ...SERVER_LIMITS.gateway, memory: "384m" },
          }),
          expected: {
            staging: {
              effects: { replaces: ["app"], restarts: ["postgres", "redis"], updates: ["gateway"] },
              risks: ["deploy", "restart"],
            },
          },
        },
        {
          name: "a new secret",
          secrets: { voipToken: "canary-token-1" },
          expected: {
            staging: {
              effects: { ...DEPLOY.effects, secrets: ["app: VOIP_TOKEN"] },
              risks: ["deploy", "secret"],
            },
          },
        },
      ],
    },
    {
      changes: [
        {
          name: "another secret",
          secrets: { voipToken: "canary-token-2" },
          expected: {
            staging: {
              effects: { ...DEPLOY.effects, secrets: ["app: VOIP_TOKEN"] },
              risks: ["deploy", "secret"],
            },
          },
        },
        {
          name: "a password",
          staging: { basicAuthUser: "team" },
          secrets: { basicAuthPassword: "canary-password-of-a-team" },
          expected: {
            staging: {
              effects: { ...ROUTE, secrets: ["app-route: basicAuthHash"] },
              risks: ["route", "secret"],
            },
          },
        },
        {
          name: "the gateway's port",
          staging: { hostPort: ports.newGateway },
          expected: {
            staging: {
              effects: { restarts: ["gateway"], opens: [at(ports.newGateway)], closes: [at(ports.gateway)] },
              risks: ["restart", "port"],
            },
          },
        },
        {
          name: "Postgres' port",
          staging: { postgresPort: ports.newPostgres },
          expected: {
            staging: {
              effects: {
                restarts: ["postgres"],
                opens: [at(ports.newPostgres)],
                closes: [at(ports.postgres)],
              },
              risks: ["restart", "port"],
            },
          },
        },
      ],
    },
    {
      changes: [
        {
          name: "a hostname",
          staging: { hostname: "rehearsal.localhost" },
          expected: {
            staging: { effects: { ...DEPLOY.effects, ...ROUTE }, risks: ["deploy", "route"] },
          },
        },
        {
          name: "search engines let in",
          staging: { noindex: false },
          expected: { staging: EXPOSED },
        },
      ],
    },
    {
      changes: [
        {
          name: "search engines kept out",
          staging: { noindex: true },
          expected: { staging: { effects: ROUTE, risks: ["route"] } },
        },
        {
          name: "no password any more",
          staging: { basicAuthUser: undefined, basicAuthPassword: undefined },
          expected: {
            staging: {
              effects: { ...EXPOSED.effects, secrets: ["app-route: basicAuthHash"] },
              risks: ["route", "exposure", "secret"],
            },
          },
        },
        {
          name: "an image of another content under the same tag",
          image,
          expected: {
            staging: {
              effects: MIGRATED.effects,
              risks: ["deploy", "migration", "image"],
            },
          },
        },
      ],
    },
    {
      changes: [
        {
          name: "a variable in the code",
          code: ["FRONTEND_URL: url,", 'FRONTEND_URL: url,\n      FEATURE: "on",'],
          expected: both(DEPLOY),
        },
        {
          name: "a service more in the code",
          code: ["\n  const tunnel =", WORKER],
          expected: both({ effects: { creates: ["worker"] } }),
        },
        {
          name: "an extension in the code",
          code: ['["vector"]', '["vector", "pg_trgm"]'],
          expected: {},
        },
      ],
    },
    {
      changes: [
        {
          name: "a service less in the code",
          code: [WORKER, "\n  const tunnel ="],
          expected: both({ effects: { removes: ["worker"] }, risks: ["removed"] }),
        },
        {
          name: "a health check in the code",
          code: ["/ready`]", "/health`]"],
          expected: both(DEPLOY),
        },
        {
          name: "an output in the code",
          code: ["urls: tunnel.urls,", "urls: tunnel.urls,\n    addresses: tunnel.urls,"],
          expected: {},
        },
      ],
    },
    {
      refused: 1,
      changes: [
        {
          name: "another volume for Redis, data not released",
          code: ["limits: limits.redis });", 'limits: limits.redis, volumeRole: "cachedata" });'],
          expected: both({ effects: {}, risks: ["failed"] }),
        },
      ],
    },
    {
      refused: 5,
      changes: [
        {
          name: "a port that the world reaches",
          staging: { bindAddress: "0.0.0.0" },
          expected: {
            staging: {
              effects: {
                restarts: ["gateway"],
                opens: [`0.0.0.0:${ports.newGateway}`],
                closes: [at(ports.newGateway)],
              },
              risks: ["restart", "port", "policy"],
            },
          },
        },
      ],
    },
    {
      approved: true,
      changes: [
        {
          name: "another volume for Redis, data released",
          code: ["limits: limits.redis });", 'limits: limits.redis, volumeRole: "cachedata" });'],
          staging: { releaseData: ["redis"] },
          production: { releaseData: ["redis"] },
          expected: {
            staging: { ...RESTART("redis"), risks: ["restart", "data"] },
            production: { ...RESTART("redis"), risks: ["restart", "data"] },
          },
        },
      ],
    },
    {
      changes: [{ name: "nothing", expected: both(NOTHING) }],
    },
  ];
}
