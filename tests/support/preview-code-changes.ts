// Changes of code, images and hostnames of a pair, and those that are refused, with what the report on each must say.
import {
  and,
  both,
  DEPLOY,
  EXPOSED,
  type Group,
  MIGRATED,
  ownImage,
  type PairFacts,
  ROUTE,
  restart,
  STACKS,
  type Stack,
  type Verdict,
} from "./preview-change.ts";

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
const VOLUME: [string, string] = [
  "limits: limits.redis });",
  'limits: limits.redis, volumeRole: "cachedata" });',
];

const image = (component: string, before: string, after: string): Verdict => ({
  effects: { images: [{ component, before, after }] },
  risks: ["image"],
});
const inDatabases = (what: string): Verdict => ({ effects: { servers: [what] }, risks: ["database"] });

/** A verdict that names the stack. */
function each(verdict: (stack: Stack) => Verdict): Record<Stack, Verdict> {
  const [staging, production] = STACKS;
  return { staging: verdict(staging), production: verdict(production) };
}

/** The changes, in their order. */
export function codeGroups({ name, ports, ids }: PairFacts): Group[] {
  const { gateway } = ports.staging;
  return [
    {
      name: "a hostname, and images by tag",
      changes: [
        {
          name: "a hostname",
          staging: { hostname: "rehearsal.localhost" },
          expected: { staging: and(DEPLOY, ROUTE) },
        },
        { name: "search engines let in", staging: { noindex: false }, expected: { staging: EXPOSED } },
        {
          name: "an image of another tag",
          production: { image: ownImage(name, "three") },
          expected: { production: and(MIGRATED, image("app", ids.example, ids.three)) },
        },
      ],
    },
    {
      name: "images by content, by id, and in a stand-in's place",
      long: true,
      changes: [
        {
          name: "search engines kept out",
          staging: { noindex: true },
          expected: { staging: ROUTE },
        },
        {
          name: "an image of another content under the same tag",
          tag: { image: ownImage(name, "two"), as: ownImage(name, "dev") },
          expected: { staging: and(MIGRATED, image("app", ids.one, ids.two)) },
        },
        {
          name: "an image by its id",
          production: { image: ids.four },
          expected: { production: and(MIGRATED, image("app", ids.three, ids.four)) },
        },
        {
          name: "another image in the place of Redis' stand-in",
          production: { redisImage: ownImage(name, "otherRedis") },
          expected: { production: and(restart("redis"), image("redis", ids.redis, ids.otherRedis)) },
        },
      ],
    },
    {
      name: "more in the code",
      long: true,
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
          expected: both(inDatabases("extension pg_trgm")),
        },
        {
          name: "connections of a login in the code",
          code: [
            "server: ownPostgres(settings),",
            "server: ownPostgres(settings),\n    connectionLimit: 40,",
          ],
          expected: each((stack) => inDatabases(`login ${name.replaceAll("-", "_")}_${stack}_app`)),
        },
        {
          name: "the same image by its tag",
          production: { image: ownImage(name, "four") },
          expected: {},
        },
      ],
    },
    {
      name: "less in the code",
      long: true,
      changes: [
        {
          name: "a service less in the code",
          code: [WORKER, "\n  const tunnel ="],
          expected: both({ effects: { removes: ["worker"] }, risks: ["removed"] }),
        },
        { name: "a health check in the code", code: ["/ready`]", "/health`]"], expected: both(DEPLOY) },
        {
          name: "an output in the code",
          code: ["urls: tunnel.urls,", "urls: tunnel.urls,\n    addresses: tunnel.urls,"],
          expected: {},
        },
      ],
    },
    {
      name: "data that nobody released",
      long: true,
      refused: 1,
      changes: [
        {
          name: "another volume for Redis, data not released",
          code: VOLUME,
          expected: both({ effects: {}, risks: ["failed"] }),
        },
      ],
    },
    {
      name: "a broken policy",
      long: true,
      refused: 5,
      changes: [
        {
          name: "a port that the world reaches",
          staging: { bindAddress: "0.0.0.0" },
          expected: {
            staging: {
              effects: {
                restarts: ["gateway"],
                opens: [`0.0.0.0:${gateway}`],
                closes: [`127.0.0.1:${gateway}`],
              },
              risks: ["restart", "port", "policy"],
            },
          },
        },
      ],
    },
    {
      name: "data at risk",
      approved: true,
      changes: [
        {
          name: "another volume for Redis, data released",
          code: VOLUME,
          staging: { releaseData: ["redis"] },
          production: { releaseData: ["redis"] },
          expected: each((stack) =>
            and(restart("redis"), {
              effects: { data: [`volume ${name}_${stack}_redisdata`] },
              risks: ["data"],
            }),
          ),
        },
      ],
    },
  ];
}
