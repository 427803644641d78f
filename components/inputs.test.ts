// Arguments that come from outputs: a fine one arrives, and of a wrong one nothing is made. With Pulumi's mocks, whose outputs
// are known at once.
import { setTimeout as sleep } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AppService, type AppServiceArgs, type RouteSpec } from "./app-service.ts";
import { Environment } from "./environment.ts";
import { Gateway } from "./gateway.ts";
import { PostgresServer } from "./postgres-server.ts";
import { RedisInstance } from "./redis-instance.ts";
import { SharedService } from "./shared-service.ts";
import { errorsOf, only, type Registered, recordResources } from "./testing/mocks.ts";

const CONTAINER = "docker:index/container:Container";
const IMAGE = "tandem:docker:Image";
const ROUTE = "tandem:gateway:Route";
const START = "tandem:docker:ContainerStart";
const limits = { cpus: 0.5, memoryMb: 256, pids: 100 };
const health = { command: ["true"] };
let registered: Registered[];
let env: Environment;

beforeEach(async () => {
  registered = await recordResources();
  env = new Environment("staging", { system: "oracle", environment: "staging" });
});
afterEach(() => pulumi.runtime.disconnect());

/** A value that only an output has: a program can't look at it. */
function later<T>(value: T): pulumi.Output<T> {
  return pulumi.output(sleep(1).then(() => value)) as unknown as pulumi.Output<T>;
}

/** A value of another type than the argument's, from an output. */
const odd = (value: unknown) => later(value) as never;

function service(extra: Partial<AppServiceArgs> = {}, name = "app"): AppService {
  return new AppService(name, { env, image: "app:1.0.0", health, limits, ...extra });
}

function gateway(): Gateway {
  return new Gateway("gateway", { env, image: "caddy:1", hostPort: 3101, limits });
}

function routed(name: string, hostnames: RouteSpec["hostnames"], edge = gateway()): AppService {
  return service({ port: later(80), route: { gateway: edge, hostnames } }, name);
}

const wrongImage = "--help";
const tooLittle = { ...limits, memoryMb: 1 };
/** What it is, what makes it, the message, and the resource that it is for. */
const WRONG: [string, () => unknown, RegExp, string?][] = [
  ["an image", () => service({ image: odd(wrongImage) }), /AppService 'app': image is '--help'/, IMAGE],
  ["no image", () => service({ image: odd(undefined) }), /AppService 'app': image is missing/, IMAGE],
  [
    "a gateway's image",
    () => new Gateway("edge", { env, image: later(wrongImage), hostPort: 80, limits }),
    /Gateway 'edge': image is '--help'/,
    IMAGE,
  ],
  [
    "a Postgres server's image",
    () => new PostgresServer("pg", { env, image: later(wrongImage), hostPort: 5432, limits }),
    /PostgresServer 'pg': image is '--help'/,
    IMAGE,
  ],
  [
    "a Redis server's image",
    () => new RedisInstance("redis", { env, image: later(wrongImage), limits }),
    /RedisInstance 'redis': image is '--help'/,
    IMAGE,
  ],
  [
    "limits",
    () => service({ limits: later(tooLittle) }),
    /AppService 'app': limits\.memoryMb is 1; it must be a whole number from 6/,
  ],
  ["shared memory", () => service({ shmMb: later(0) }), /AppService 'app': shmMb is 0; it must be a whole/],
  [
    "shared memory of a migration",
    () => service({ shmMb: odd("64m"), migration: { command: ["migrate"] } }),
    /AppService 'app': shmMb is '64m'/,
    "tandem:docker:Migration",
  ],
  ["one of the limits", () => service({ limits: { ...limits, cpus: later(0) } }), /app': limits\.cpus is 0/],
  [
    "no limits",
    () => service({ limits: odd(undefined) }),
    /limits\.cpus is missing.*\n.*limits\.memoryMb is missing/,
  ],
  [
    "limits, for a migration too",
    () => service({ limits: { ...limits, pids: later(-1) }, migration: { command: ["migrate"] } }),
    /AppService 'app': limits\.pids is -1/,
  ],
  [
    "a Postgres server's limits",
    () => new PostgresServer("pg", { env, image: "pg:1", hostPort: 5432, limits: later(tooLittle) }),
    /PostgresServer 'pg': limits\.memoryMb is 1;/,
  ],
  [
    "a Redis server's limits",
    () => new RedisInstance("redis", { env, image: "redis:7", limits: later(tooLittle) }),
    /RedisInstance 'redis': limits\.memoryMb is 1;/,
  ],
  [
    "an empty health command, which takes Docker down",
    () => service({ health: { command: later([]) } }),
    /AppService 'app': health\.command is empty/,
  ],
  [
    "no health check",
    () => service({ health: odd(undefined) }),
    /AppService 'app': health\.command is empty/,
  ],
  [
    "a health check's times",
    () => service({ health: { ...health, intervalSeconds: later(-1) } }),
    /AppService 'app': health\.intervalSeconds is -1/,
  ],
  [
    "seconds until it is healthy",
    () => service({ healthTimeoutSeconds: later(0) }),
    /AppService 'app': healthTimeoutSeconds is 0/,
    START,
  ],
  [
    "a service's grace",
    () => service({ stopGraceSeconds: later(1.5) }),
    /AppService 'app': stopGraceSeconds is 1\.5/,
  ],
  ["a user", () => service({ user: later("a:b:c") }), /AppService 'app': user is 'a:b:c'/],
  [
    "seconds of a watch",
    () => service({ watch: { seconds: later(-1) } }),
    /AppService 'app': watch\.seconds is -1/,
    START,
  ],
  [
    "a hostname",
    () => routed("app", [later("a b")]),
    /AppService 'app': route\.hostnames is 'a b', which is no hostname/,
    ROUTE,
  ],
  ["hostnames that are no list", () => routed("app", odd("a.b")), /route\.hostnames must be a list/, ROUTE],
  [
    "a shared service's health check",
    () =>
      new SharedService("asr", {
        env,
        image: "asr:1",
        port: 80,
        networks: {},
        limits,
        health: { command: later([]) },
      }),
    /SharedService 'asr': health\.command is empty/,
  ],
];

describe("as soon as an output is known, a component refuses what it refuses of a plain value", () => {
  it.each(WRONG)("%s", async (_, make, message, resource = CONTAINER) => {
    expect(await errorsOf(make)).toEqual([expect.stringMatching(message)]);
    const never = resource === ROUTE ? [ROUTE] : [resource, START, "tandem:docker:Migration", ROUTE];
    expect(registered.map(({ type }) => type).filter((type) => never.includes(type))).toEqual([]);
  });
});

describe("hostnames from outputs", () => {
  it("arrive in the route, with the port", async () => {
    routed("app", later(["a.example.com"]));
    await pulumi.runtime.disconnect();
    expect(only(registered, ROUTE).inputs).toMatchObject({
      hostnames: ["a.example.com"],
      upstreams: ["oracle_staging_app-1-1a2b3c4:80"],
    });
  });

  it.each([
    ["a plain one", ["A.example.com"]],
    ["another output", [later("a.example.com")]],
  ])("are refused where another route has them: %s", async (_, hostnames) => {
    const [error, ...others] = await errorsOf(() => {
      const edge = gateway();
      routed("web", hostnames, edge);
      routed("api", ["b.example.com", later("a.example.com")], edge);
    });
    expect(error).toMatch(/the routes '(web|api)' and '(web|api)' both lead a\.example\.com to themselves/);
    expect(others).toEqual([]);
    expect(registered.filter(({ type }) => type === ROUTE).length).toBeLessThan(2);
  });
});

describe("what comes from an output arrives", () => {
  it("in a service's image, limits, times and user, and in its migration", async () => {
    service({
      image: later("app:2"),
      command: later(["serve"]),
      limits: { ...limits, cpus: later(0.25), memoryMb: later(64) },
      health: { command: ["test", later("x")], timeoutSeconds: later(2) },
      healthTimeoutSeconds: later(9),
      stopGraceSeconds: later(3),
      user: later("7:7"),
      watch: { seconds: odd(undefined) },
      migration: { command: ["migrate", later("up")], timeoutSeconds: later(5) },
    });
    await pulumi.runtime.disconnect();
    expect(only(registered, IMAGE).inputs.reference).toBe("app:2");
    expect(only(registered, CONTAINER).inputs).toMatchObject({
      image: "sha256:app:2",
      command: ["serve"],
      cpus: "0.25",
      memory: 64,
      user: "7:7",
      stopTimeout: 3,
      healthcheck: { tests: ["CMD", "test", "x"], timeout: "2s", interval: "10s", retries: 3 },
    });
    expect(only(registered, START).inputs).toMatchObject({
      pids: 100,
      healthTimeoutSeconds: 9,
      watchSeconds: 10,
    });
    expect(only(registered, "tandem:docker:Migration").inputs).toMatchObject({
      command: ["migrate", "up"],
      cpus: 0.25,
      memoryMb: 64,
      user: "7:7",
      timeoutSeconds: 5,
    });
  });

  it("in the settings that servers have for their memory", async () => {
    const small = { ...limits, memoryMb: later(128) };
    new PostgresServer("pg", { env, image: later("pg:2"), hostPort: 5432, limits: small });
    new RedisInstance("redis", { env, image: later("redis:2"), limits: later({ ...limits, memoryMb: 64 }) });
    await pulumi.runtime.disconnect();
    const guards = registered.filter(({ type }) => type === "tandem:data:Guard");
    expect(guards.map(({ inputs }) => inputs.server.image)).toEqual(["pg:2", "redis:2"]);
    expect(only(registered, CONTAINER, "pg").inputs.command).toContain("shared_buffers=32MB");
    expect(only(registered, CONTAINER, "redis").inputs.command).toContain("48mb");
  });
});
