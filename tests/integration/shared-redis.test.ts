// Environments on one Redis server: whose a login and a prefix are, that nothing of one goes to the next, and the end of a
// script that doesn't come back.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { passwordHash, prefixRules } from "../../components/redis-acl.ts";
import { endScript, restartRedis } from "../../ops/deploy/runaway/redis-script.ts";
import { aclUser } from "../../provider/redis/acl-user.ts";
import { redisKeys } from "../../provider/redis/redis-keys.ts";
import { docker } from "../support/docker.ts";
import { context } from "../support/handlers.ts";
import { eventually } from "../support/requests.ts";
import { requireRedisImage, SharedRedisForTests } from "../support/shared-redis.ts";

const image = await requireRedisImage();

describe(`environments on one ${image}`, () => {
  let server: SharedRedisForTests;
  const PASSWORD = "canary-login-7d11";

  const loginOf = (tenant: string, user = "staging", prefix = "staging:") => ({
    inputs: {
      container: server.name,
      user,
      prefix,
      tenant,
      passwordHash: passwordHash(PASSWORD),
      rules: prefixRules(prefix),
    },
  });
  const keysOf = (tenant: string, prefix = "staging:") => ({
    inputs: { container: server.name, prefix, tenant },
  });
  const create = (request: ReturnType<typeof loginOf>) => aclUser.create(request as never, context());
  const claimKeys = (request: ReturnType<typeof keysOf>) => redisKeys.create(request as never, context());

  beforeAll(async () => {
    // As an earlier version starts it: its administrator can do less.
    server = await SharedRedisForTests.start(String(image), SharedRedisForTests.earlierAcl());
    await claimKeys(keysOf("shop/staging"));
    await create(loginOf("shop/staging"));
  });

  afterAll(() => server?.remove());

  it("can take over neither a login nor a prefix, with the login there or gone", async () => {
    await expect(create(loginOf("forum/staging"))).rejects.toThrow(
      "belongs to shop/staging, not to forum/staging",
    );
    await expect(claimKeys(keysOf("forum/staging"))).rejects.toThrow("belongs to shop/staging");
    await expect(create(loginOf("forum/staging", "forum"))).rejects.toThrow("overlaps with 'staging:'");
    expect(await server.as("staging", PASSWORD, ["SET", "staging:kept", "1"])).toBe("OK");

    await aclUser.delete({ id: "staging", outputs: loginOf("shop/staging").inputs } as never, context());
    await expect(claimKeys(keysOf("forum/staging"))).rejects.toThrow("belongs to shop/staging");
    await expect(create(loginOf("forum/staging", "forum"))).rejects.toThrow("belongs to shop/staging");
    await create(loginOf("shop/staging"));
    expect(await server.as("staging", PASSWORD, ["GET", "staging:kept"])).toBe("1");
  });

  it("can't write the record of an owner, nor read the users", async () => {
    for (const attack of [
      ["ACL", "SETUSER", "tandem:keys:staging:", "(~owner:forum/staging)"],
      ["ACL", "DELUSER", "tandem:login:staging"],
      ["ACL", "LIST"],
    ]) {
      expect(await server.as("staging", PASSWORD, attack)).toContain("NOPERM");
    }
    expect(await server.as("tandem:login:staging", "", ["PING"])).toMatch(/WRONGPASS|NOAUTH/);
  });

  it("refuses a login that somebody made by hand for other keys", async () => {
    await server.asAdmin("ACL", "SETUSER", "byhand", "on", "~byhand:*", "+get");
    await expect(create(loginOf("shop/byhand", "byhand", "other:"))).rejects.toThrow("is there already");
    await server.asAdmin("ACL", "DELUSER", "byhand");
  });

  it("loses its keys in every database, and the next owner of the prefix finds none", async () => {
    for (const database of [0, 3, 15]) {
      expect(await server.as("staging", PASSWORD, ["SET", "staging:secret", "x"], database)).toBe("OK");
    }
    // What a terminal, a text of JSON and a list of redis-cli's would take for something else; bytes that are no UTF-8.
    const odd = ["x\u001b[31m\r\nFLUSHALL\r\n", '"2) \\" 0', "*?[a]\\*", "ü \u009b"].map(
      (text) => `staging:${text}`,
    );
    for (const key of odd) expect(await server.as("staging", PASSWORD, ["SET", key, "x"], 3)).toBe("OK");
    const raw = "KEYS[1] .. string.char(255, 0, 10, 34, 92)";
    const evaluate = (call: string) => ["EVAL", `return redis.call(${call})`, "1", "staging:"];
    expect(await server.as("staging", PASSWORD, evaluate(`'SET', ${raw}, 'x'`), 3)).toBe("OK");
    await redisKeys.delete?.({ id: "staging:", outputs: keysOf("shop/staging").inputs } as never, context());
    expect(await server.as("staging", PASSWORD, ["EXISTS", ...odd], 3)).toBe("0");
    expect(await server.as("staging", PASSWORD, evaluate(`'EXISTS', ${raw}`), 3)).toBe("0");
    for (const database of [0, 3, 15]) {
      expect(await server.as("staging", PASSWORD, ["EXISTS", "staging:secret"], database)).toBe("0");
    }
    await claimKeys(keysOf("shop/staging"));
  });

  it("gets a script ended that doesn't come back; one that has written, with the server's process", async () => {
    // The script may come to the server after the question.
    const end = () => endScript(docker, server.name);
    expect(await end()).toBe("none");
    const endless = server.as("staging", PASSWORD, ["EVAL", "while true do end", "0"]);
    await eventually(end, (outcome) => outcome === "ended");
    expect(await endless).toContain("script");
    expect(await server.as("staging", PASSWORD, ["SET", "staging:before", "1"])).toBe("OK");

    const writes = "redis.call('SET', KEYS[1], 'half') while true do end";
    const writing = server.as("staging", PASSWORD, ["EVAL", writes, "1", "staging:half"]).catch(() => "");
    await eventually(end, (outcome) => outcome === "unkillable");
    await restartRedis(docker, server.name);
    await writing;
    const pong = () => server.as("health", "none", ["PING"]).catch(String);
    await eventually(pong, (answer) => answer === "PONG");
    expect(await server.as("staging", PASSWORD, ["MGET", "staging:before", "staging:half"])).toBe("1");
  }, 60_000);
});
