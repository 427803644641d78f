// What a topology may tell its Postgres and Redis servers, on real ones: settings, libraries, several databases and servers side
// by side, a cache, a client that sends no user name.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exec } from "../../provider/docker/containers.ts";
import { referenceOf } from "../../setup/images/catalog.ts";
import { docker } from "../support/docker.ts";
import { TestProgram } from "../support/program.ts";
import { freePort } from "../support/project.ts";
import { containerOf } from "../support/snapshot.ts";
import { sqlIn } from "../support/sql.ts";

let program: TestProgram;
let port: number;
let passwords: Record<"queue" | "cache", string>;

const source = (settings: string) => `
import { Environment, PgDatabase, PostgresServer, RedisInstance } from "tandem";
const env = new Environment("dev", { system: "$SYSTEM", environment: "dev", data: { protect: false } });
const limits = { cpus: 0.5, memoryMb: 256, pids: 100 };
const server = new PostgresServer("pg", {
  env, limits, image: ${JSON.stringify(referenceOf("postgres"))}, hostPort: ${port},
  settings: { max_wal_senders: 3, jit: false, ${settings} },
  preload: ["pg_stat_statements"],
});
new PgDatabase("main", { env, server: { kind: "own", server }, extensions: ["pg_stat_statements"] });
new PgDatabase("events", { env, server: { kind: "own", server }, locale: "en_US.utf8" });
const image = ${JSON.stringify(referenceOf("redis"))};
const queue = new RedisInstance("queue", { env, image, limits, commands: ["FLUSHDB"] });
const cache = new RedisInstance("cache", {
  env, image, limits: { ...limits, memoryMb: 32 }, mode: "cache", passwordOnly: true,
});
export const queuePassword = queue.password;
export const cachePassword = cache.password;
`;

/** What Redis answers; a user is sent where one is named. */
async function redis(role: "queue" | "cache", user: string | undefined, ...words: string[]): Promise<string> {
  const container = await containerOf(program.system, "dev", role === "queue" ? "redis" : role);
  const login = ["--no-auth-warning", ...(user === undefined ? [] : ["--user", user]), "-a", passwords[role]];
  const { output } = await exec(docker, container, ["redis-cli", ...login, ...words]);
  return output.trim();
}

const sql = async (statement: string, database = "") =>
  await sqlIn(
    await containerOf(program.system, "dev", "postgres"),
    statement,
    `${program.system.replaceAll("-", "_")}_dev${database}`,
  );

beforeAll(async () => {
  port = await freePort();
  program = await TestProgram.create(source('work_mem: "5MB"'));
  const up = await program.pulumi("up", "--yes", "--skip-preview");
  if (up.exitCode !== 0) throw new Error(up.output);
  const { output } = await program.pulumi("stack", "output", "--json", "--show-secrets", "--stack");
  const passwordOf = (role: string) => new RegExp(`${role}Password\\W+(\\w{32})`).exec(output)?.[1] ?? "";
  passwords = { queue: passwordOf("queue"), cache: passwordOf("cache") };
});
afterAll(() => program?.remove());

describe("a cache", () => {
  it("C12: lets clients in that send no user name, and does what a cache's client asks", async () => {
    expect(await redis("cache", undefined, "set", "one", "1")).toBe("OK");
    expect(await redis("cache", undefined, "keys", "*")).toBe("one");
    expect(await redis("cache", undefined, "config", "get", "maxmemory-policy")).toContain("allkeys-lru");
    expect(await redis("cache", undefined, "info", "server")).toContain("redis_version");
    expect(await redis("cache", undefined, "flushdb")).toBe("OK");
    expect(await redis("cache", undefined, "dbsize")).toBe("0");
    for (const words of [["config", "set", "dir", "/tmp"], ["shutdown"], ["acl", "list"]])
      expect(await redis("cache", undefined, ...words), words.join(" ")).toContain("NOPERM");
  });

  it("C12: makes room when the memory is full, and keeps nothing on a disk", async () => {
    // Room is made between commands, and not inside a script.
    const fill = "for i=1,4 do redis.call('set', KEYS[1]..i, string.rep('x', 1000000)) end return 'filled'";
    for (let round = 0; round < 10; round++)
      expect(await redis("cache", undefined, "eval", fill, "1", `key${round}:`)).toBe("filled");
    expect(await redis("cache", undefined, "info", "stats")).toMatch(/evicted_keys:[1-9]/);
    const container = await containerOf(program.system, "dev", "cache");
    const { Mounts } = await docker.getContainer(container).inspect();
    expect(Mounts.map(({ Destination }) => Destination)).toEqual(["/run/secrets"]);
    expect((await exec(docker, container, ["ls", "-A", "/data"])).output.trim()).toBe("");
  });
});

describe("a durable Redis beside it", () => {
  it("C14, N8: has its usual names, and of the dangerous commands the one that it was given", async () => {
    expect(await redis("queue", "app", "set", "job", "1")).toBe("OK");
    expect(await redis("queue", "app", "config", "get", "appendonly")).toContain("NOPERM");
    expect(await redis("queue", "app", "keys", "*")).toContain("NOPERM");
    expect(await redis("queue", undefined, "get", "job")).toMatch(/WRONGPASS|NOAUTH/);
    expect(await redis("queue", "app", "flushdb")).toBe("OK");
  });
});

describe("a Postgres server", () => {
  it("C11: has the settings and libraries that it was given", async () => {
    const shown = await sql(
      "select string_agg(setting, ' ' order by name) from pg_settings where name in ('jit','max_wal_senders','work_mem');",
    );
    expect(shown).toBe("off 3 5120");
    expect(await sql("select count(*) > 0 from pg_stat_statements;")).toBe("t");
  });

  it("C14: holds two databases, each with its own logins and locale, and none for the other's", async () => {
    const may = (login: string, database: string) =>
      sql(`select has_database_privilege('${login}', '${database}', 'connect');`);
    const main = `${program.system.replaceAll("-", "_")}_dev`;
    expect(
      await sql("select datcollate from pg_database where datname = current_database();", "_events"),
    ).toBe("en_US.utf8");
    expect(await may(`${main}_app`, main)).toBe("t");
    expect(await may(`${main}_app`, `${main}_events`)).toBe("f");
    expect(await may(`${main}_events_owner`, main)).toBe("f");
  });

  it("C11: gets no value that its version doesn't take: the preview asks the image", async () => {
    program.write(source('work_mem: "lots"'));
    const { exitCode, output } = await program.pulumi("preview");
    expect(exitCode).not.toBe(0);
    expect(output).toContain('invalid value for parameter "work_mem": "lots"');
    expect(output).toContain("Nothing was touched");
  });

  it("C11: is shown to restart for a changed setting, and nothing else changes", async () => {
    program.write(source('work_mem: "6MB"'));
    const { exitCode, output } = await program.pulumi("preview", "--diff");
    expect(exitCode, output).toBe(0);
    expect(output).toMatch(/work_mem=6MB/);
    expect(output).toMatch(/(\+-|\+\+|--)docker:index\/container:Container: \(replace\)/);
    program.write(source('work_mem: "5MB"'));
    const drift = await program.tandem("drift", "dev");
    expect(drift.exitCode, drift.output).toBe(0);
  });
});
