// What databases, Redis, tunnels and shared services take from outputs, and who administers a server that somebody else runs.
import { setTimeout as sleep } from "node:timers/promises";
import { Provider as PostgresProvider } from "@pulumi/postgresql/provider.js";
import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { basicAuth } from "./basic-auth.ts";
import { DataVolume } from "./data-volume.ts";
import { Environment } from "./environment.ts";
import { Gateway } from "./gateway.ts";
import type { OwnTunnel } from "./own-tunnel.ts";
import { PgDatabase, type PgDatabaseArgs } from "./pg-database.ts";
import { PostgresServer } from "./postgres-server.ts";
import { RedisInstance } from "./redis-instance.ts";
import { SharedService } from "./shared-service.ts";
import { errorsOf, only, type Registered, recordResources, settled } from "./testing/mocks.ts";
import { TunnelRoute } from "./tunnel-route.ts";

const ROLE = "postgresql:index/role:Role";
const PROVIDER = "pulumi:providers:postgresql";
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

/** A value that only an output has. */
function later<T>(value: T): pulumi.Output<T> {
  return pulumi.output(sleep(1).then(() => value)) as unknown as pulumi.Output<T>;
}

function database(args: Partial<PgDatabaseArgs>, opts?: pulumi.ComponentResourceOptions): PgDatabase {
  const server = { kind: "managed", host: "db.example.com", username: "admin", password: "x" } as const;
  return new PgDatabase("db", { env, server, ...args }, opts);
}

const gateway = () =>
  new Gateway("gateway", { env, image: "caddy:1", hostPort: 3101, limits, ownTunnel: true });

describe("a managed server", () => {
  const where = { kind: "managed", host: later("db.example.com"), port: later(6432) } as const;
  const mine = () => new PostgresProvider("mine", { host: "admin.example.com", superuser: false });

  it("is where outputs say, for the engine, for clients and for the pooler", async () => {
    const login = { username: later("admin"), password: later("canary") };
    const made = database({
      server: { ...where, ...login, adminDatabase: later("main") },
      connectionLimit: later(7),
      pooler: { image: later("pgbouncer:1"), limits: later(limits), poolSize: later(5) },
    });
    await pulumi.runtime.disconnect();
    expect(only(registered, PROVIDER).inputs).toMatchObject({
      host: "db.example.com",
      port: "6432",
      username: "admin",
      database: "main",
    });
    expect((await settled(made.ownerUrl)).value).toMatch(/@db\.example\.com:6432\/oracle_staging\?/);
    expect(only(registered, ROLE, "db-app").inputs.connectionLimit).toBe(7);
    const config = JSON.stringify(only(registered, START, "pgbouncer-start").inputs.files);
    expect(config).toContain("host=db.example.com port=6432");
    expect(config).toContain("default_pool_size = 5");
  });

  it.each<[string, (own: PostgresProvider) => [Environment, pulumi.ComponentResourceOptions]]>([
    ["the database", (own) => [env, { providers: [own] }]],
    [
      "its parent",
      (own) => [
        env,
        { parent: new pulumi.ComponentResource("my:index:Parts", "parts", {}, { providers: [own] }) },
      ],
    ],
    [
      "its environment",
      (own) => [new Environment("other", { system: "oracle", environment: "other" }, { provider: own }), {}],
    ],
  ])("without a login has the provider that %s is given", async (_, given) => {
    const [where_, opts] = given(mine());
    database({ env: where_, server: where }, opts);
    await pulumi.runtime.disconnect();
    expect(only(registered, PROVIDER).name).toBe("mine");
    const made = registered.filter(({ type }) => type.startsWith("postgresql:"));
    expect(made.length).toBeGreaterThan(5);
    for (const { provider, name } of made) expect(provider, name).toContain("::mine");
  });

  it("with a login has a provider of its own beside that of its environment", async () => {
    const provider = new PostgresProvider("mine", { host: "elsewhere.example.com" });
    const other = new Environment("other", { system: "oracle", environment: "other" }, { provider });
    database({ env: other });
    await pulumi.runtime.disconnect();
    expect(only(registered, ROLE, "db-app").provider).toContain("db-provider");
  });

  it.each<[string, () => unknown, RegExp]>([
    ["no login", () => database({ server: where }), /server has no login: give it username and password, or/],
    [
      "half a login",
      () => database({ server: { ...where, username: "admin" } }),
      /server has one of username and password/,
    ],
    ["a login and a provider", () => database({}, { provider: mine() }), /leave one of them out/],
    [
      "a provider beside a server of its own",
      () =>
        database(
          { server: { kind: "container", image: "pg:1", hostPort: 5432, limits } },
          { provider: mine() },
        ),
      /providers has one for postgresql, and the database of such a server is made with the server's own/,
    ],
  ])("is refused before anything is registered: %s", async (_, make, message) => {
    await pulumi.runtime.disconnect();
    expect(make).toThrow(message);
    await pulumi.runtime.disconnect();
    expect(registered.filter(({ type }) => type === "tandem:index:PgDatabase" || type === ROLE)).toEqual([]);
  });
});

describe("what comes from an output arrives", () => {
  it("in a Postgres server's settings", async () => {
    new PostgresServer("pg", { env, image: "pg:1", hostPort: 5432, limits, maxConnections: later(50) });
    await pulumi.runtime.disconnect();
    const { inputs } = only(registered, "docker:index/container:Container");
    expect(inputs.command).toContain("max_connections=50");
  });

  it("as the login of a Redis server", async () => {
    const redis = new RedisInstance("redis", { env, image: "redis:7", limits, user: later("shop") });
    await pulumi.runtime.disconnect();
    expect((await settled(redis.url)).value).toContain("redis://shop:");
    expect(JSON.stringify(only(registered, START).inputs.files)).toContain("user shop on #");
  });

  it("in a shared service's address", async () => {
    const service = new SharedService("asr", {
      env,
      image: "asr:1",
      port: later(9000),
      networks: {},
      limits,
      health,
    });
    await pulumi.runtime.disconnect();
    expect((await settled(service.shared)).value).toMatchObject({ port: 9000 });
  });

  it("in a gateway's route", async () => {
    const edge = new Gateway("edge", {
      ...{ env, image: "caddy:1", hostPort: 3101, limits },
      noindex: later(true),
      trustedProxies: ["192.0.2.1", later("10.1.0.0/16")],
      basicAuth: basicAuth(env, later("team"), later("password")),
    });
    edge.route("app", { hostnames: ["a.example.com"], path: later("/ws"), upstreams: ["app:80"] });
    await pulumi.runtime.disconnect();
    expect(JSON.stringify(only(registered, START).inputs.files)).toContain("static 192.0.2.1 10.1.0.0/16");
    expect(only(registered, "tandem:gateway:Route").inputs).toMatchObject({
      ...{ noindex: true, basicAuthUser: "team", path: "/ws" },
    });
  });

  it("in a tunnel, with its own names and account", async () => {
    const tunnel: OwnTunnel = {
      kind: "own",
      ...{ name: later("shop"), accountId: later("acc"), zoneId: later("zone") },
      ...{ apiToken: later("canary"), connectorImage: later("cf:1") },
      access: { emails: [later("a@example.com")], sessionDuration: later("1h") },
    };
    new TunnelRoute("tunnel", { env, gateway: gateway(), hostnames: ["a.example.com"], tunnel });
    await pulumi.runtime.disconnect();
    const only1 = (type: string) => only(registered, `cloudflare:index/${type}`).inputs;
    expect(only1("zeroTrustTunnelCloudflared:ZeroTrustTunnelCloudflared")).toMatchObject({
      accountId: "acc",
      name: "shop",
    });
    expect(only1("dnsRecord:DnsRecord")).toMatchObject({ zoneId: "zone" });
    expect(only1("zeroTrustAccessPolicy:ZeroTrustAccessPolicy")).toMatchObject({
      includes: [{ email: { email: "a@example.com" } }],
      sessionDuration: "1h",
    });
    expect(only(registered, "tandem:docker:Image", "tunnel-connector-image").inputs.reference).toBe("cf:1");
  });
});

describe("as soon as it is known, it is refused", () => {
  it.each<[string, () => unknown, RegExp, string]>([
    [
      "a login's limit",
      () => database({ connectionLimit: later(-2) }),
      /PgDatabase 'db': connectionLimit is -2/,
      "db-app",
    ],
    [
      "a managed server's port",
      () =>
        database({ server: { kind: "managed", host: "h", port: later(0), username: "a", password: "b" } }),
      /PgDatabase 'db': server\.port is 0/,
      "db-provider",
    ],
    [
      "a server's connections",
      () =>
        new PostgresServer("pg", { env, image: "pg:1", hostPort: 5432, limits, maxConnections: later(0) }),
      /PostgresServer 'pg': maxConnections is 0/,
      "pg",
    ],
    [
      "a login with a rule behind it",
      () => new RedisInstance("redis", { env, image: "redis:7", limits, user: later("a +@all") }),
      /RedisInstance 'redis': user must be one word/,
      "redis-start",
    ],
    [
      "no login at all",
      () => new RedisInstance("redis", { env, image: "redis:7", limits, user: later(null) as never }),
      /RedisInstance 'redis': user must be one word/,
      "redis-start",
    ],
    [
      "a proxy that is none",
      () =>
        new Gateway("edge", { env, image: "caddy:1", hostPort: 80, limits, trustedProxies: [later("a b")] }),
      /Gateway 'edge': trustedProxies: 'a b' is neither an IP address nor a range/,
      "edge-start",
    ],
    [
      "a volume's owner",
      () => new DataVolume("home", { env, role: "home", image: "app:1", owner: later("a") }),
      /DataVolume 'home': owner is 'a'/,
      "home-owner",
    ],
  ])("%s", async (_, make, message, resource) => {
    expect(await errorsOf(make)).toEqual([expect.stringMatching(message)]);
    const custom = registered.filter(({ type }) => !type.startsWith("tandem:index:"));
    expect(custom.map(({ name }) => name)).not.toContain(resource);
  });
});
