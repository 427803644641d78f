// A Redis server of an environment's own: what is kept, what its login may do, and several of them side by side.
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { openedIn } from "../lib/docker/opened.ts";
import type { Environment } from "./environment.ts";
import { Gateway } from "./gateway.ts";
import { aclFile, openedOfRedis, REDIS_COMMANDS, redisOpened } from "./redis-acl.ts";
import { redisUser } from "./redis-container.ts";
import { RedisInstance, type RedisInstanceArgs } from "./redis-instance.ts";
import { only, type Registered, settled } from "./testing/mocks.ts";
import { eachInStaging } from "./testing/staging.ts";

const CONTAINER = "docker:index/container:Container";
const VOLUME = "docker:index/volume:Volume";
const START = "tandem:docker:ContainerStart";
const limits = { cpus: 0.5, memoryMb: 128, pids: 50 };
let registered: Registered[];
let env: Environment;

eachInStaging((made) => {
  ({ registered, env } = made);
});

const redis = (name: string, args: Partial<RedisInstanceArgs> = {}) =>
  new RedisInstance(name, { env, image: "redis:7", limits, ...args } as RedisInstanceArgs);
const made = (type: string) => registered.filter((one) => one.type === type).map(({ inputs }) => inputs.name);
const labelOf = (name: string) => {
  const { labels } = only(registered, CONTAINER, name).inputs;
  return Object.fromEntries(labels.map((one: { label: string; value: string }) => [one.label, one.value]));
};
const usersOf = (name: string) => JSON.stringify(only(registered, START, `${name}-start`).inputs.files);

describe("a cache", () => {
  it("keeps nothing, evicts, has no volume, and its label says what its login may do", async () => {
    redis("redis", { mode: "cache" });
    await pulumi.runtime.disconnect();
    const { command, tmpfs, volumes } = only(registered, CONTAINER).inputs;
    expect(command.join(" ")).toContain(
      '--save "" --aclfile /run/secrets/users.acl --dir /data --appendonly no --maxmemory 96mb --maxmemory-policy allkeys-lru',
    );
    expect(made(VOLUME)).toEqual([]);
    expect(only(registered, "tandem:data:Guard").inputs).toMatchObject({
      ...{ subject: "memory of shop_staging_redis", identity: {}, released: false },
    });
    expect(Object.keys(tmpfs)).toContain("/data");
    expect(volumes.map((one: { containerPath: string }) => one.containerPath)).toEqual(["/run/secrets"]);
    expect(labelOf("redis")["tandem.opened"]).toBe(
      "redis-command:CONFIG-GET redis-command:FLUSHDB redis-command:KEYS",
    );
    expect(usersOf("redis")).toContain("-@admin -@dangerous +info +flushdb +keys +config|get");
  });

  it("evicts as it is told, and gives the commands that were named and no others", async () => {
    redis("redis", { mode: "cache", eviction: "volatile-ttl", commands: ["CLIENT LIST"] });
    await pulumi.runtime.disconnect();
    expect(only(registered, CONTAINER).inputs.command).toContain("volatile-ttl");
    expect(usersOf("redis")).toContain("-@dangerous +info +client|list\\n");
  });
});

describe("a client that sends no user name", () => {
  it("logs in as the default user, which has the application's rights, and the label says so", async () => {
    const made = redis("redis", { passwordOnly: true });
    await pulumi.runtime.disconnect();
    expect((await settled(made.url)).value).toBe(
      "redis://:generated-redis-password@shop_staging_redis:6379/0",
    );
    expect((await settled(made.user)).value).toBe("default");
    const users = usersOf("redis");
    expect(users).toContain("user default on #");
    expect(users).not.toMatch(/user default off|user app|nopass ~/);
    expect(labelOf("redis")["tandem.opened"]).toBe("redis-default-user");
  });

  it("is what the label says again", () => {
    for (const passwordOnly of [true, false]) {
      const label = openedIn({ "tandem.opened": openedOfRedis(REDIS_COMMANDS, passwordOnly).join(" ") });
      expect(redisOpened(label)).toEqual({ commands: REDIS_COMMANDS, passwordOnly });
    }
    expect(redisOpened(new Set())).toEqual({ commands: [], passwordOnly: false });
  });
});

describe("several in one environment", () => {
  it("have names of their own, and the first those that it has alone", async () => {
    const [queue, cache, third] = [redis("queue"), redis("cache"), redis("third", { role: "sessions" })];
    for (const [name, hostPort] of [
      ["front", 3101],
      ["admin", 3102],
    ] as const)
      new Gateway(name, { env, image: "caddy:1", hostPort, limits });
    await pulumi.runtime.disconnect();
    expect([queue.host, cache.host, third.host]).toEqual(
      ["redis", "cache", "sessions"].map((role) => `shop_staging_${role}`),
    );
    expect(made(VOLUME).toSorted()).toEqual(
      ["admin_config", "cachedata", "gateway_config", "redisdata", "sessionsdata"].map(
        (role) => `shop_staging_${role}`,
      ),
    );
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      "one role",
      () => [redis("a"), redis("b", { role: "redis" })],
      /'b': role is 'redis', as that of RedisInstance 'a'/,
    ],
    [
      "one volume",
      () => [redis("a"), redis("b", { volumeRole: "redisdata" })],
      /'b': volumeRole is 'redisdata', as that of RedisInstance 'a'/,
    ],
  ])("can't have %s: both would write it", async (_, make, message) => {
    expect(make).toThrow(message);
    await pulumi.runtime.disconnect();
    expect(made(CONTAINER)).toEqual(["shop_staging_redis"]);
  });
});

describe("before anything is made", () => {
  const server = { kind: "shared", container: "all_redis", port: 6379, networks: { staging: "n" } } as const;
  it.each<[Record<string, unknown>, RegExp]>([
    [{ mode: "memory" }, /mode is 'memory'; it must be one of durable, cache/],
    [{ mode: pulumi.output("cache") }, /mode is no single value/],
    [{ eviction: "lru" }, /eviction is 'lru'; it must be one of noeviction, allkeys-lru/],
    [{ commands: ["CONFIG SET"] }, /commands is 'CONFIG SET'; it must be one of FLUSHDB/],
    [{ user: "default" }, /user is Redis' default user; set passwordOnly/],
    [{ user: "app", passwordOnly: true }, /user stands beside passwordOnly/],
    [{ server, prefix: "staging:", commands: ["KEYS"] }, /commands is for a server of the environment's own/],
    [{ server, prefix: "staging:", mode: "cache" }, /mode is for a server of the environment's own/],
  ])("is refused: %j", async (args, message) => {
    expect(() => redis("redis", args)).toThrow(message);
    await pulumi.runtime.disconnect();
    expect(made(CONTAINER)).toEqual([]);
  });
});

describe("the user of an image", () => {
  it.each([
    ["valkey/valkey:8.1.1-bookworm", "valkey"],
    ["registry.example.com:5000/mirror/valkey@sha256:00", "valkey"],
    ["valkey-bundle:8", "valkey"],
    ["redis:7.2.11-bookworm", "redis"],
    ["valkey.example.com/redis:8", "redis"],
    [`sha256:${"0".repeat(64)}`, "redis"],
  ])("of %s is %s", (image, user) => expect(redisUser(image)).toBe(user));

  it("is let in with the rules of an access list that has no line twice", () => {
    for (const user of ["app", "default"]) {
      const names = [...aclFile(user, "x").matchAll(/^user (\S+) /gm)].map(([, name]) => name);
      expect(new Set(names).size).toBe(names.length);
      expect(names).toContain("default");
    }
  });
});
