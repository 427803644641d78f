// Logins in a state as the engine writes it.
import { describe, expect, it } from "vitest";
import { types } from "../../../lib/resource-types.ts";
import type { StateResource } from "./backend.ts";
import { databasesIn, migrationOf, ownerUrl, redisIn } from "./logins.ts";
import { unwrapped } from "./plain-state.ts";

const urn = (type: string, name: string) => `urn:pulumi:staging::shop::${type}::${name}`;
const secret = (value: unknown) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  plaintext: JSON.stringify(value),
});
const child = (
  parent: string,
  type: string,
  name: string,
  inputs: Record<string, unknown>,
  more: Partial<StateResource> = {},
): StateResource => ({ urn: urn(type, name), type, parent, inputs, outputs: inputs, ...more });

const pg = urn("tandem:index:PgDatabase", "postgres");
const redis = urn("tandem:index:RedisInstance", "redis");
const provider = urn(types.postgres, "postgres-provider");
const role = (login: string) =>
  child(pg, types.role, `postgres-${login}`, { name: `shop_${login}`, password: secret(`${login} pass`) });
const base: StateResource[] = [
  { urn: pg, type: "tandem:index:PgDatabase" },
  { urn: redis, type: "tandem:index:RedisInstance" },
  ...["owner", "app", "readonly"].map(role),
  child(pg, types.database, "postgres-database", { name: "shop" }, { provider: `${provider}::1` }),
  {
    ...child(pg, types.postgres, "postgres-provider", {
      host: "db.example",
      port: "5433",
      sslmode: "require",
    }),
    id: "1",
  },
];
const plain = (...more: StateResource[]) => [...base, ...more].map((one) => unwrapped(one) as StateResource);
const container = child(pg, types.takeBack, "postgres-take-back", { containerId: "abc" });

describe("logins of a database", () => {
  it("are found with their passwords, on a server in a container", () => {
    const [database, ...others] = databasesIn(plain(container));
    expect(others).toEqual([]);
    expect(database).toMatchObject({
      component: "postgres",
      database: "shop",
      container: "abc",
      managed: undefined,
    });
    expect(database?.logins.owner).toEqual({ username: "shop_owner", password: "owner pass" });
    expect(database?.logins.readonly?.username).toBe("shop_readonly");
  });

  it("are found on a managed server", () => {
    const managed = { host: "db.example", port: "5433", sslmode: "require", caFile: undefined };
    expect(databasesIn(plain())[0]).toMatchObject({ container: undefined, managed });
  });

  it("count only once they are made, and not when they are about to go", () => {
    const gone = base.map((one) => (one.type === types.database ? { ...one, delete: true } : one));
    expect(databasesIn(gone)).toEqual([]);
  });
});

describe("a Redis", () => {
  const password = child(
    redis,
    types.password,
    "redis-password",
    {},
    { outputs: { result: secret("word") } },
  );
  it("of the environment's own has its login in the list of users", () => {
    const acl = "user default off\nuser health on nopass -@all +ping\nuser worker on #ab ~* +@all\n";
    const start = child(redis, types.start, "redis-start", {
      containerId: "def",
      files: secret({ "/run/secrets/users.acl": acl }),
    });
    expect(redisIn(plain(password, start))).toEqual([
      { component: "redis", username: "worker", password: "word", container: "def" },
    ]);
  });

  it("on a shared server has a resource of its own", () => {
    const user = child(redis, types.redisUser, "redis-login", { user: "staging", container: "shared_redis" });
    expect(redisIn(plain(password, user))).toEqual([
      { component: "redis", username: "staging", password: "word", container: "shared_redis" },
    ]);
  });
});

describe("the owner's variables", () => {
  const direct = () => ({ host: "shop_postgres", port: "5432" });
  const asOwner = (value: string) => ownerUrl(value, databasesIn(plain(container)), direct);
  it("are those whose value is a URL of the database", () => {
    expect(asOwner("postgresql://shop_app:x@pooler:6432/shop?sslmode=disable")).toBe(
      "postgresql://shop_owner:owner%20pass@shop_postgres:5432/shop?sslmode=disable",
    );
    expect(asOwner("postgres://shop_readonly:x@shop_postgres/shop")).toContain("//shop_owner:");
  });

  it.each([
    "postgresql://somebody:x@host/shop",
    "postgresql://shop_app:x@host/other",
    "redis://shop_app:x@host/shop",
    "shop_app",
  ])("are not %s", (value) => expect(asOwner(value)).toBeUndefined());

  it("include what only the service's migration is given", () => {
    const migration = (component: string, more = {}) =>
      child(pg, types.migration, `${component}-migration`, {
        labels: { "tandem.component": component },
        environment: secret({ MIGRATE_URL: component }),
        ...more,
      });
    const resources = plain(
      migration("web", { noun: "job" }),
      migration("release", { services: ["api", "jobs"] }),
      ...[migration("worker"), migration("app")],
    );
    expect(migrationOf(resources, "jobs").environment).toEqual({ MIGRATE_URL: "release" });
    expect(migrationOf(resources, "app")).toEqual({ environment: { MIGRATE_URL: "app" }, files: {} });
    expect(migrationOf(resources, "web")).toEqual({ environment: {}, files: {} });
  });
});
