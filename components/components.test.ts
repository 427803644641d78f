// The components with Pulumi's mocks: what they register, and what of it is secret.
import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AppService, type AppServiceArgs } from "./app-service.ts";
import { basicAuth, passwordProblem } from "./basic-auth.ts";
import { Environment } from "./environment.ts";
import { Gateway } from "./gateway.ts";
import { PgDatabase } from "./pg-database.ts";
import { RedisInstance } from "./redis-instance.ts";
import { only, type Registered, recordResources, settled } from "./testing/mocks.ts";
import { type Tunnel, TunnelRoute } from "./tunnel-route.ts";

const CONTAINER = "docker:index/container:Container";
const VOLUME = "docker:index/volume:Volume";
const limits = { cpus: 0.5, memoryMb: 256, pids: 100 };
const health = { command: ["true"] };
let registered: Registered[];

beforeEach(async () => {
  registered = await recordResources();
});

function environment(extra: Partial<ConstructorParameters<typeof Environment>[1]> = {}): Environment {
  return new Environment("staging", { system: "oracle", environment: "staging", ...extra });
}

/** Lets every registration settle. */
function done(): Promise<void> {
  return pulumi.runtime.disconnect();
}

// What still registers when the next test sets its mocks would fail there.
afterEach(done);

describe("PgDatabase", () => {
  async function database() {
    const made = new PgDatabase("postgres", {
      env: environment(),
      server: { kind: "container", image: "pg:1", hostPort: 15101, limits },
      extensions: ["vector"],
    });
    await done();
    return made;
  }

  it("runs a server on loopback, hardened, tuned to its memory and without its password in the environment", async () => {
    await database();
    const { inputs } = only(registered, CONTAINER, "postgres-server");
    expect(inputs).toMatchObject({
      name: "oracle_staging_postgres",
      user: "postgres",
      readOnly: true,
      capabilities: { drops: ["ALL"] },
      securityOpts: ["no-new-privileges:true"],
      memory: 256,
      memorySwap: 256,
      ports: [{ ip: "127.0.0.1", external: 15101, internal: 5432 }],
    });
    expect(inputs.command).toContain("shared_buffers=64MB");
    expect(inputs.envs.join("\n")).toContain("--data-checksums --auth-host=scram-sha-256");
    expect(JSON.stringify(inputs)).not.toContain("generated-");
  });

  it("makes three logins without powers, and shuts everybody else out", async () => {
    const made = await database();
    const roles = registered.filter((r) => r.type === "postgresql:index/role:Role");
    expect(roles.map((r) => r.inputs.name)).toEqual([
      "oracle_staging_owner",
      "oracle_staging_app",
      "oracle_staging_readonly",
    ]);
    for (const { inputs } of roles) {
      expect(inputs).toMatchObject({
        superuser: false,
        createDatabase: false,
        createRole: false,
        replication: false,
      });
    }
    const publicGrants = registered.filter((r) => r.inputs.role === "public");
    const revoked = publicGrants.map((r) => [r.inputs.database, r.inputs.objectType, r.inputs.privileges]);
    expect(revoked).toEqual([
      ["postgres", "database", []],
      ["template1", "database", []],
      ["oracle_staging", "database", []],
      ["oracle_staging", "schema", []],
    ]);
    const { value, secret } = await settled(made.url);
    expect(secret).toBe(true);
    expect(value).toBe(
      "postgresql://oracle_staging_app:generated-postgres-app-password@oracle_staging_postgres:5432/oracle_staging",
    );
    expect((await settled(made.ownerUrl)).secret).toBe(true);
    expect((await settled(made.readOnlyUrl)).secret).toBe(true);
  });

  it("guards the volume and the database by what their data hangs on", async () => {
    await database();
    const guards = registered.filter((r) => r.type === "tandem:data:Guard");
    expect(
      guards
        .map((r) => r.inputs.subject)
        .sort()
        .reverse(),
    ).toEqual(["volume oracle_staging_pgdata", "database oracle_staging"]);
  });
});

describe("RedisInstance", () => {
  it("never evicts, keeps an append-only file, and keeps its password out of arguments and environment", async () => {
    const redis = new RedisInstance("redis", { env: environment(), image: "redis:1", limits });
    await done();
    const { inputs } = only(registered, CONTAINER);
    expect(inputs.command.join(" ")).toContain(
      "--appendonly yes --maxmemory 192mb --maxmemory-policy noeviction",
    );
    expect(JSON.stringify(inputs)).not.toContain("generated-");
    expect(inputs.ports).toBeUndefined();
    expect(only(registered, VOLUME).inputs.name).toBe("oracle_staging_redisdata");
    expect(await settled(redis.url)).toEqual({
      value: "redis://app:generated-redis-password@oracle_staging_redis:6379/0",
      secret: true,
    });
    const { files } = only(registered, "tandem:docker:ContainerStart").inputs;
    const acl = JSON.stringify(files);
    expect(acl).toContain("user default off");
    expect(acl).toContain("-@admin -@dangerous");
    expect(acl).not.toContain("generated-");
  });
});

describe("AppService", () => {
  async function app(extra: Partial<AppServiceArgs> = {}) {
    const env = environment();
    const gateway = new Gateway("gateway", { env, image: "caddy:1", hostPort: 3101, limits, noindex: true });
    new AppService("app", {
      env,
      image: "app:1",
      port: 8080,
      route: { gateway, hostnames: ["app.example.com"] },
      environment: { NODE_ENV: "production" },
      secrets: { DATABASE_URL: "postgresql://canary" },
      health,
      limits,
      ...extra,
    });
    await done();
  }

  it("routes to its containers by their own names, never by a shared alias", async () => {
    await app({ replicas: 2 });
    expect(only(registered, "tandem:gateway:Route").inputs).toMatchObject({
      hostnames: ["app.example.com"],
      upstreams: ["oracle_staging_app-1-1a2b3c4:8080", "oracle_staging_app-2-1a2b3c4:8080"],
      noindex: true,
    });
  });

  it("leaves naming to the engine, so that a new container can run beside the old one", async () => {
    await app();
    const { inputs } = only(registered, CONTAINER, "oracle_staging_app-1");
    expect(inputs.name).toBeUndefined();
    expect(inputs).toMatchObject({
      user: "1000:1000",
      readOnly: true,
      init: true,
      restart: "always",
    });
    expect(inputs.volumes).toEqual([]);
  });

  it("hands secrets over as files where asked, with nothing of them in the container's settings", async () => {
    await app({ secretsAs: "files" });
    const { inputs } = only(registered, CONTAINER, "oracle_staging_app-1");
    expect(inputs.envs).toEqual(["DATABASE_URL_FILE=/run/secrets/DATABASE_URL", "NODE_ENV=production"]);
    expect(JSON.stringify(inputs)).not.toContain("canary");
    expect(inputs.labels.map((l: { label: string }) => l.label)).toContain("tandem.files");
  });

  it("runs a migration with its own secrets before the containers", async () => {
    await app({ migration: { command: ["migrate"], secrets: { DATABASE_URL: "postgresql://owner" } } });
    expect(only(registered, "tandem:docker:Migration").inputs).toMatchObject({
      containerName: "oracle_staging_app_migration",
      command: ["migrate"],
      timeoutSeconds: 600,
      logOptions: { "max-file": "3", "max-size": "10m" },
    });
  });

  it("refuses args that contradict each other", () => {
    const env = environment();
    const base = { env, image: "app:1", health, limits };
    const gateway = new Gateway("gateway", { env, image: "caddy:1", hostPort: 3101, limits });
    const route = { gateway, hostnames: ["a.example.com"] };
    expect(() => new AppService("a", { ...base, route })).toThrow(/a route needs a port/);
    expect(() => new AppService("b", { ...base, replicas: 0 })).toThrow(/replicas is 0/);
    expect(() => new AppService("c", { ...base, environment: { A: "1" }, secrets: { A: "2" } })).toThrow(
      /A stands in/,
    );
  });
});

describe("basicAuth", () => {
  it("gives the same secret hash at every run", async () => {
    const env = environment();
    const one = await settled(basicAuth(env, "team", "password").hash as never);
    const two = await settled(basicAuth(env, "team", "password").hash as never);
    expect(one).toEqual(two);
    expect(one.secret).toBe(true);
    expect(one.value).toMatch(/^\$2[abxy]\$10\$/);
  });

  it("refuses a password of which bcrypt would read a part only", () => {
    expect(passwordProblem("é".repeat(36))).toBeUndefined();
    expect(passwordProblem("é".repeat(37))).toMatch(/has 74 bytes, and bcrypt reads 72 at most/);
  });
});

describe("TunnelRoute", () => {
  const account = { accountId: "acc", zoneId: "zone", apiToken: "canary-token" };
  const shared = { kind: "shared", ...account, tunnelId: "t-1", service: "http://192.0.2.7:3101" } as const;
  const prefix = "cloudflare:index";
  const RULE = "tandem:cloudflare:IngressRule";
  const GUARD = `${prefix}/zeroTrustAccessApplication:ZeroTrustAccessApplication`;

  async function tunnel(way: "own" | Tunnel) {
    const env = environment();
    const gateway = new Gateway("gateway", { env, image: "caddy:1", hostPort: 3101, limits });
    const own = { kind: "own", name: "oracle", ...account } as const;
    const made = new TunnelRoute("tunnel", {
      env,
      gateway,
      hostnames: ["staging.example.com"],
      tunnel: way === "own" ? own : way,
    });
    await done();
    return made;
  }

  it("makes nothing without an account and says where the gateway answers", async () => {
    expect((await tunnel({ kind: "local" })).urls).toEqual(["http://127.0.0.1:3101"]);
    expect(registered.filter((r) => r.type.startsWith("cloudflare:"))).toEqual([]);
  });

  it("makes tunnel, ingress with a last rule for everything else, DNS and connector", async () => {
    expect((await tunnel("own")).urls).toEqual(["https://staging.example.com"]);
    expect(
      only(registered, `${prefix}/zeroTrustTunnelCloudflaredConfig:ZeroTrustTunnelCloudflaredConfig`).inputs
        .config,
    ).toEqual({
      ingresses: [
        { hostname: "staging.example.com", service: "http://oracle_staging_gateway:8080" },
        { service: "http_status:404" },
      ],
    });
    expect(only(registered, `${prefix}/dnsRecord:DnsRecord`).inputs).toMatchObject({
      name: "staging.example.com",
      type: "CNAME",
      content: "tunnel-tunnel-id.cfargotunnel.com",
      proxied: true,
    });
    const connector = only(registered, CONTAINER, "tunnel-connector").inputs;
    expect(connector.command).toContain("--token-file");
    expect(JSON.stringify(connector)).not.toContain("connector-token");
  });

  it("puts one rule into a shared tunnel, with its own token, and points the hostname at it", async () => {
    expect((await tunnel(shared)).urls).toEqual(["https://staging.example.com"]);
    expect(only(registered, RULE).inputs).toMatchObject({
      accountId: "acc",
      tunnelId: "t-1",
      hostname: "staging.example.com",
      service: "http://192.0.2.7:3101",
      takeOver: false,
    });
    expect(only(registered, `${prefix}/dnsRecord:DnsRecord`).inputs.content).toBe("t-1.cfargotunnel.com");
    expect(registered.filter(({ type }) => type.includes("zeroTrust"))).toEqual([]);
    expect(registered.filter(({ name }) => name === "tunnel-connector")).toEqual([]);
  });

  it("leaves the DNS records alone where they are somebody else's", async () => {
    await tunnel({ ...shared, dnsRecords: false });
    expect(registered.filter(({ type }) => type.endsWith(":DnsRecord"))).toEqual([]);
  });

  it("puts Cloudflare Access before the hostname", async () => {
    await tunnel({ ...shared, access: { emails: ["a@example.com"], emailDomains: ["example.org"] } });
    expect(only(registered, `${prefix}/zeroTrustAccessPolicy:ZeroTrustAccessPolicy`).inputs).toMatchObject({
      decision: "allow",
      includes: [{ email: { email: "a@example.com" } }, { emailDomain: { domain: "example.org" } }],
    });
    const guard = only(registered, GUARD).inputs;
    expect(guard).toMatchObject({ domain: "staging.example.com", policies: [{ id: "tunnel-access-id" }] });
    await expect(tunnel({ ...shared, access: { emails: [] } })).rejects.toThrow("names nobody");
  });
});
