// What components refuse before anything is registered, and what fails as soon as an output is known.
import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ContainerFacts } from "../lib/docker/container.ts";
import { AppService, type AppServiceArgs } from "./app-service.ts";
import { rejectFacts } from "./checked-inputs.ts";
import { DataVolume } from "./data-volume.ts";
import { Environment, type EnvironmentArgs } from "./environment.ts";
import { Gateway } from "./gateway.ts";
import { PgDatabase } from "./pg-database.ts";
import { PostgresServer } from "./postgres-server.ts";
import { RedisInstance } from "./redis-instance.ts";
import { SharedService } from "./shared-service.ts";
import { type Registered, recordResources } from "./testing/mocks.ts";
import { TunnelRoute } from "./tunnel-route.ts";

const limits = { cpus: 0.5, memoryMb: 256, pids: 100 };
const health = { command: ["true"] };
let registered: Registered[];
let env: Environment;

beforeEach(async () => {
  registered = await recordResources();
  env = environment();
});
afterEach(() => pulumi.runtime.disconnect());

function environment(extra: Partial<EnvironmentArgs> = {}): Environment {
  return new Environment("staging", { system: "oracle", environment: "staging", ...extra });
}

function service(extra: Partial<AppServiceArgs>, name = "app"): AppService {
  return new AppService(name, { env, image: "app:1.0.0", health, limits, ...extra });
}

/** Arguments that a program without types could give. */
const any = (value: unknown) => value as never;

/** What generated arguments found: each threw a stack trace, or reached Docker. */
const FOUND: [string, () => unknown, RegExp][] = [
  [
    "variables that are null",
    () => service({ environment: any(null) }),
    /environment must be values by name/,
  ],
  ["no image", () => service({ image: any(undefined) }), /image is missing/],
  ["an image that is null", () => service({ image: any(null) }), /image is missing/],
  [
    "no server",
    () => new PgDatabase("db", { env, server: any(undefined) }),
    /server must be of one of the kinds/,
  ],
  [
    "extensions that are no list",
    () => new PgDatabase("db", { env, server: any({ kind: "managed" }), extensions: any("vector") }),
    /extensions must be a list/,
  ],
  [
    "a pooler that is null",
    () => new PgDatabase("db", { env, server: any({ kind: "managed" }), pooler: any(null) }),
    /pooler must have image and limits/,
  ],
  [
    "a role that is a list",
    () => new Gateway("g", { env, image: "caddy:2", hostPort: 80, limits, role: any(["edge"]) }),
    /a role must be text/,
  ],
  [
    "TLS without hostnames",
    () => new Gateway("g", { env, image: "caddy:2", hostPort: 80, limits, tls: any({ hostPort: 443 }) }),
    /tls\.hostnames is empty/,
  ],
  ["a system that is null", () => environment({ system: any(null) }), /Environment: system must be text/],
];

const REFUSED: [string, () => unknown, RegExp][] = [
  [
    "an empty health command",
    () => service({ health: { command: [] } }),
    /AppService 'app': health\.command is empty/,
  ],
  ["no health check", () => service({ health: any(undefined) }), /AppService 'app': health is missing/],
  [
    "no limits",
    () => service({ limits: any(undefined) }),
    /limits\.cpus is missing.*\n.*limits\.memoryMb is missing/,
  ],
  [
    "a migration without a command",
    () => service({ migration: { command: [] } }),
    /migration\.command is empty/,
  ],
  [
    "a folder that isn't there",
    () => service({ image: { context: "/nowhere", tag: "app:1" } }),
    /image\.context is '\/nowhere'/,
  ],
  ["a name with a slash", () => service({}, "a/b"), /name is 'oracle_staging_a\/b-1'/],
  ["a name that is too long", () => service({}, "x".repeat(60)), /longer than 54/],
  [
    "a secret that can't be a file",
    () => service({ secrets: { "../x": "y" }, secretsAs: "files" }),
    /secrets has a name/,
  ],
  [
    "a volume over /tmp",
    () => service({ volumes: [{ volume: "data", path: "/tmp" }] }),
    /something else is mounted/,
  ],
  ["too many replicas", () => service({ replicas: 1e9 }), /replicas is 1000000000/],
  [
    "a gateway's port",
    () => new Gateway("g", { env, image: "caddy:2", hostPort: 0, limits }),
    /Gateway 'g': hostPort is 0/,
  ],
  [
    "one port for both",
    () =>
      new Gateway("g", {
        env,
        image: "caddy:2",
        hostPort: 443,
        limits,
        tls: { hostPort: 443, hostnames: ["a.b"] },
      }),
    /tls\.hostPort is 443, as hostPort is/,
  ],
  [
    "a line in a hostname",
    () =>
      new Gateway("g", {
        env,
        image: "caddy:2",
        hostPort: 80,
        limits,
        tls: { hostPort: 443, hostnames: ["a.b {\n}"] },
      }),
    /tls\.hostnames is 'a\.b/,
  ],
  [
    "a server's memory",
    () =>
      new PostgresServer("pg", { env, image: "pg:1", hostPort: 5432, limits: { ...limits, memoryMb: 1 } }),
    /PostgresServer 'pg': limits\.memoryMb is 1;/,
  ],
  [
    "a database's name",
    () =>
      new PgDatabase("db", {
        env,
        database: "a b",
        server: { kind: "container", image: "pg:1", hostPort: 5432, limits },
      }),
    /PgDatabase 'db': database is 'a b'/,
  ],
  [
    "an image that is an option",
    () => new RedisInstance("r", { env, image: "--help", limits }),
    /image is '--help'/,
  ],
  [
    "a login with a rule behind it",
    () => new RedisInstance("r", { env, image: "redis:7", limits, user: "a +@all" }),
    /user must be one word/,
  ],
  [
    "a shared service without a port",
    () => new SharedService("s", { env, image: "s:1", port: any(undefined), networks: {}, limits, health }),
    /SharedService 's': port is missing/,
  ],
  [
    "an owner by name",
    () => new DataVolume("d", { env, role: "uploads", image: "app:1", owner: "app:app" }),
    /owner is 'app:app'/,
  ],
  [
    "endless logs",
    () => environment({ logging: { maxSizeMb: Number.POSITIVE_INFINITY } }),
    /logging\.maxSizeMb is Infinity/,
  ],
  [
    "Docker over the network",
    () => environment({ dockerHost: "tcp://host:2375" }),
    /dockerHost must be unix/,
  ],
  ["a network of Docker's own", () => environment({ naming: () => "host" }), /naming\('network'\) is 'host'/],
];

describe("before anything is registered, a component refuses", () => {
  it.each([...REFUSED, ...FOUND])("%s", async (_, make, message) => {
    await pulumi.runtime.disconnect();
    const before = registered.length;
    expect(make).toThrow(message);
    expect(registered.slice(before)).toEqual([]);
  });

  it("a hostname that is none", () => {
    const gateway = new Gateway("g", { env, image: "caddy:2", hostPort: 80, limits });
    const make = () => new TunnelRoute("t", { env, gateway, hostnames: ["a b"], tunnel: { kind: "local" } });
    expect(make).toThrow(/TunnelRoute 't': hostnames is 'a b'/);
  });

  it("all that is wrong at once", () => {
    const make = () => service({ health: { command: [] }, user: "a:b:c", environment: { "": "x" } });
    expect(make).toThrow(
      /Docker can't take:\n {2}user is 'a:b:c'.*\n {2}environment has.*\n {2}health\.command is empty/,
    );
  });
});

describe("as soon as an output is known, it fails", () => {
  it.each([
    ["a variable", { environment: { TOKEN: "a\0b" } }, /environment\.TOKEN holds a NUL/],
    ["a network", { networks: ["host"] }, /Container 'x': networks\[0\] is 'host'/],
    ["a volume", { volumes: [{ volume: "../x", path: "/d" }] }, /volumes\[0\]\.volume is/],
  ] satisfies [string, ContainerFacts, RegExp][])("%s that Docker can't take", (_, facts, message) => {
    expect(() => rejectFacts("Container 'x'", facts)).toThrow(message);
  });
});
