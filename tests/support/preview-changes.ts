// Changes of settings of a pair of environments, with what the report on each must say. A group comes on top of those before it.
import { SERVER_LIMITS } from "../../infra/settings/limit-settings.ts";
import {
  and,
  DEPLOY,
  EXPOSED,
  type Group,
  type PairFacts,
  passwordOf,
  ROUTE,
  restart,
  USER,
  type Verdict,
} from "./preview-change.ts";
import type { StackConfig } from "./project.ts";

const LIMITS = { app: { cpus: 1, memory: "512m", pids: 256 }, ...SERVER_LIMITS };
const limits = (changes: object): StackConfig => ({ limits: { ...LIMITS, ...changes } });

const secret = (name: string): Verdict => ({ effects: { secrets: [name] }, risks: ["secret"] });
const moved = (component: string, from: number, to: number): Verdict => ({
  effects: { restarts: [component], opens: [`127.0.0.1:${to}`], closes: [`127.0.0.1:${from}`] },
  risks: ["restart", "port"],
});
const updated = (component: string): Verdict => ({ effects: { updates: [component] } });
const TOKEN = secret("app: VOIP_TOKEN");
const PASSWORD = secret("app-route: basicAuthHash");

/** The changes, in their order. */
export function settingGroups({ ports }: PairFacts): Group[] {
  const { staging, production } = ports;
  return [
    {
      name: "new versions, and limits of servers",
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
        {
          name: "production's limits of Redis and gateway",
          production: limits({
            redis: { ...SERVER_LIMITS.redis, memory: "128m" },
            gateway: { ...SERVER_LIMITS.gateway, memory: "384m" },
          }),
          expected: { production: and(restart("redis"), updated("gateway")) },
        },
      ],
    },
    {
      name: "what needs no new version",
      long: true,
      changes: [
        {
          name: "one replica again",
          staging: { replicas: 1 },
          expected: { staging: { effects: { removes: ["app"] }, risks: ["removed"] } },
        },
        {
          name: "memory of the app",
          staging: limits({ app: { cpus: 1, memory: "256m", pids: 256 } }),
          expected: { staging: updated("app") },
        },
        { name: "a time to get healthy", staging: { healthTimeoutSeconds: 100 }, expected: {} },
        { name: "a time to watch", staging: { watchSeconds: 0 }, expected: {} },
        { name: "restore points", staging: { restorePoints: 1 }, expected: {} },
        {
          name: "production's port of Postgres",
          production: { postgresPort: production.newPostgres },
          expected: { production: moved("postgres", production.postgres, production.newPostgres) },
        },
      ],
    },
    {
      name: "limits of all, secrets, and what closes a route",
      alone: true,
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
          secrets: { staging: { voipToken: "canary-token-1" } },
          expected: { staging: and(DEPLOY, TOKEN) },
        },
        {
          name: "production's new secret",
          secrets: { production: { voipToken: "canary-token-3" } },
          expected: { production: and(DEPLOY, TOKEN) },
        },
        {
          name: "production's password",
          production: { basicAuthUser: USER },
          secrets: { production: { basicAuthPassword: passwordOf("production") } },
          expected: { production: and(ROUTE, PASSWORD) },
        },
        {
          name: "search engines kept out of production",
          production: { noindex: true },
          expected: { production: ROUTE },
        },
      ],
    },
    {
      name: "ports, and what opens a route",
      long: true,
      alone: true,
      changes: [
        {
          name: "another secret",
          secrets: { staging: { voipToken: "canary-token-2" } },
          expected: { staging: and(DEPLOY, TOKEN) },
        },
        {
          name: "a password",
          staging: { basicAuthUser: USER },
          secrets: { staging: { basicAuthPassword: passwordOf("staging") } },
          expected: { staging: and(ROUTE, PASSWORD) },
        },
        {
          name: "the gateway's port",
          staging: { hostPort: staging.newGateway },
          expected: { staging: moved("gateway", staging.gateway, staging.newGateway) },
        },
        {
          name: "Postgres' port",
          staging: { postgresPort: staging.newPostgres },
          expected: { staging: moved("postgres", staging.postgres, staging.newPostgres) },
        },
        {
          name: "production's secret no more",
          production: { voipToken: undefined },
          expected: { production: and(DEPLOY, TOKEN) },
        },
        {
          name: "production's password no more",
          production: { basicAuthUser: undefined, basicAuthPassword: undefined },
          expected: { production: and(EXPOSED, PASSWORD) },
        },
        {
          name: "search engines let into production",
          production: { noindex: undefined },
          expected: { production: EXPOSED },
        },
      ],
    },
  ];
}
