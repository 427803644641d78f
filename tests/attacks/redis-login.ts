// A hostile Redis login: on a shared server beside another environment's, or the only application's on its own.
import { attacksOnKeys, type RedisAttack } from "../support/tenant-attacks.ts";
import type { Site } from "./site.ts";
import type { Trap } from "./trap.ts";

const DENIED = /NOPERM|No permissions|can't run this|not allowed|ERR |WRONGTYPE|BUSY/i;
const ESC = String.fromCharCode(27);

/** The prefix that an environment's keys must have; none on a server of its own. */
export function prefixOf({ system, stack }: Site): string {
  if (system === "oracle") return "";
  return stack === "staging" ? "staging:" : "prod:";
}

const run = (kind: string, commands: (site: Site) => RedisAttack[], answer?: RegExp): Trap => ({
  kind,
  async plant(site) {
    const redis = await site.redis();
    try {
      const answers: string[] = [];
      for (const [name, ...args] of commands(site)) {
        answers.push(await redis.call(name, ...args).then(String, (error: Error) => error.message));
      }
      if (answer === undefined) return answers.join("\n");
      const through = answers.filter((text) => !answer.test(text));
      return through.length === 0 ? "refused" : `went through: ${through.join("; ")}`;
    } finally {
      redis.disconnect();
    }
  },
  ...(answer === undefined ? {} : { answer: /^refused$/ }),
});

/** What an administrator may do, and a tenant not. */
const ADMINISTRATION: RedisAttack[] = (
  [
    "CONFIG SET dir /tmp",
    "CONFIG SET dbfilename trap.so",
    "MODULE LOAD /tmp/trap.so",
    "REPLICAOF 127.0.0.1 1",
    "DEBUG SLEEP 1",
    "SHUTDOWN NOSAVE",
    "ACL SETUSER boss on nopass ~* +@all",
    "ACL SETUSER health +@all",
    "ACL DELUSER admin",
    "CLIENT KILL TYPE normal SKIPME no",
    "CLIENT PAUSE 60000 ALL",
    "MIGRATE 127.0.0.1 1 key 0 10",
    "MONITOR",
    "FLUSHALL",
    "BGREWRITEAOF",
  ] as const
).map((text) => text.split(" ") as RedisAttack);

/** The traps of a Redis login, on the keys of the other environment too where the server is one. */
export function redisTraps(site: Site): Trap[] {
  const prefix = prefixOf(site);
  const key = (name: string) => `${prefix}${name}`;
  const shared = site.system === "lugh";
  const theirs = `${prefixOf(site.other)}${site.token}`;
  const others: Trap[] = shared
    ? [
        run(
          "the other environment's keys and channels",
          () => attacksOnKeys(prefixOf(site.other), theirs, key("mine")),
          DENIED,
        ),
        run(
          "the other's keys from a script",
          () => [["EVAL", `return redis.pcall('SET', '${theirs}', 'x').err`, "0"]],
          DENIED,
        ),
        run("the other's keys in another database", () => [["SELECT", "1"]]),
      ]
    : [];
  return [
    run("administration", () => ADMINISTRATION, DENIED),
    ...others,
    run("functions that stay", () => [
      ["FUNCTION", "LOAD", "#!lua name=trap\nredis.register_function('count', function() return 1 end)"],
    ]),
    run("keys with escapes and newlines", () => [
      ["SET", key(`x${ESC}[31m\r\nFLUSHALL\r\n`), "x"],
      ["SET", key("*?[a-z]\\*"), "x"],
      ["SET", key("'; DROP TABLE notes; --"), "x"],
    ]),
    run("a huge value", () => [["SETRANGE", key("huge"), "8000000", "x"]]),
    run("many keys", () => [
      ["EVAL", `for i = 1, 20000 do redis.call('SET', KEYS[1] .. i, 'x') end`, "1", key("many")],
    ]),
    run("a deep structure", () => [
      ["EVAL", `for i = 1, 20000 do redis.call('HSET', KEYS[1], i, 'x') end`, "1", key("hash")],
    ]),
    run("a name for its connection", () => [["CLIENT", "SETNAME", "admin"]]),
    run("keys in other databases", () => [
      ["SELECT", "3"],
      ["SET", key("elsewhere"), site.token],
    ]),
    run("a stream with a group", () => [["XGROUP", "CREATE", key("stream"), "trap", "0", "MKSTREAM"]]),
    run("keys that end in a moment", () => [["SET", key("soon"), "x", "PX", "1"]]),
    run("a script that runs for a second", () => [
      ["EVAL", "local t = redis.call('TIME')[1]; while redis.call('TIME')[1] - t < 1 do end return 1", "0"],
    ]),
    run("scripts that nobody sweeps up", () =>
      Array.from({ length: 200 }, (_, i): RedisAttack => ["EVAL", `return ${i}`, "0"]),
    ),
  ];
}
