// What a topology may tell its Postgres and Redis servers, on real ones: settings, libraries, several databases and servers side
// by side, a cache, a client that sends no user name.
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FRESH } from "../../components/pg-init.ts";
import { exec } from "../../provider/docker/containers.ts";
import { referenceOf } from "../../setup/images/catalog.ts";
import { docker } from "../support/docker.ts";
import { TestProgram } from "../support/program.ts";
import { freePort } from "../support/project.ts";
import { containerOf } from "../support/snapshot.ts";
import { sqlIn } from "../support/sql.ts";

/** Logins, in the order of the URLs that the program exports. */
const LOGINS = ["main", "main owner", "events", "events readonly"] as const;
let program: TestProgram;
let port: number;
let urls: string[];
let passwords: Record<"queue" | "cache", string>;

const source = (settings: string) => `
import * as pulumi from "@pulumi/pulumi";
import { Environment, PgDatabase, PostgresServer, RedisInstance } from "tandem";
const env = new Environment("dev", { system: "$SYSTEM", environment: "dev", data: { protect: false } });
const limits = { cpus: 0.5, memoryMb: 256, pids: 100 };
const server = new PostgresServer("pg", {
  env, limits, image: ${JSON.stringify(referenceOf("postgres"))}, hostPort: ${port},
  settings: { max_wal_senders: 3, jit: false, ${settings} },
  preload: ["pg_stat_statements"],
});
const main = new PgDatabase("main", {
  env, server: { kind: "own", server }, extensions: ["pg_stat_statements"],
  privileges: ["TEMPORARY", "TRUNCATE", "SETVAL"], schemas: ["tenants"],
});
const events = new PgDatabase("events", {
  env, server: { kind: "own", server }, locale: "en_US.utf8", login: "owner",
  initScripts: ["create table made (by text default current_user); insert into made default values;", "table made;"],
});
export const urls = pulumi.all([main.url, main.ownerUrl, events.url, events.readOnlyUrl]).apply((all) => all.join(" "));
const image = ${JSON.stringify(referenceOf("redis"))};
const queue = new RedisInstance("queue", { env, image, limits, commands: ["FLUSHDB"] });
const cache = new RedisInstance("cache", {
  env, image, limits: { ...limits, memoryMb: 64 }, mode: "cache", passwordOnly: true,
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

/** Runs statements with one of the logins, as an application does. @returns the last one's rows */
async function as(login: (typeof LOGINS)[number], statements: string): Promise<unknown[]> {
  const url = new URL(urls[LOGINS.indexOf(login)] ?? "");
  url.host = `127.0.0.1:${port}`;
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    const answers = (await client.query(statements)) as unknown as
      | { rows: unknown[] }[]
      | { rows: unknown[] };
    return (Array.isArray(answers) ? answers.at(-1) : answers)?.rows ?? [];
  } finally {
    await client.end();
  }
}

beforeAll(async () => {
  port = await freePort();
  program = await TestProgram.create(source('work_mem: "5MB"'));
  const up = await program.pulumi("up", "--yes", "--skip-preview");
  if (up.exitCode !== 0) throw new Error(up.output);
  const { output } = await program.pulumi("stack", "output", "--json", "--show-secrets", "--stack");
  const passwordOf = (role: string) => new RegExp(`${role}Password\\W+(\\w{32})`).exec(output)?.[1] ?? "";
  urls = output.match(/postgresql:\S+?(?=[ "])/g) ?? [];
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
    for (let round = 0; round < 16; round++)
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

describe("a durable Redis that becomes a cache", () => {
  it("C12: would leave its keys behind, which is refused", async () => {
    program.write(source('work_mem: "5MB"').replace('commands: ["FLUSHDB"]', 'mode: "cache"'));
    const { exitCode, output } = await program.pulumi("preview");
    expect(exitCode).not.toBe(0);
    expect(output).toMatch(/redisdata holds data, and this change would leave it behind/);
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

  it("C11: runs scripts at its start where its owner has nothing yet, not even a function", async () => {
    expect(await as("main owner", FRESH)).toEqual([{ fresh: true }]);
    const made = `create function made () returns int language sql return 1; ${FRESH}`;
    expect(await as("main owner", made)).toEqual([{ fresh: false }]);
  });

  it("C10: lets the application's login do what it was given besides rows, and no more", async () => {
    await as(
      "main owner",
      "create table notes (id serial primary key); create table tenants.notes (id int);" +
        "create materialized view seen as select * from notes",
    );
    await as("main", "insert into notes default values; create temporary table t as select * from notes");
    await as("main", "insert into tenants.notes values (1); truncate notes, tenants.notes");
    expect(
      await as("main", "select setval('notes_id_seq', 41); select nextval('notes_id_seq') as value"),
    ).toEqual([{ value: "42" }]);
    for (const statement of [
      "create table mine ()",
      "drop table notes",
      "refresh materialized view seen",
      "create schema x",
    ])
      await expect(as("main", statement), statement).rejects.toThrow(/permission denied|must be owner/);
  });

  it("C10: lets an application migrate by itself whose login acts as the owner, and others read what it made", async () => {
    const migration =
      "create schema tenant_1; create table tenant_1.users (id serial primary key); create table flags (name text);" +
      "insert into flags values ('on'); create materialized view on_flags as select * from flags;" +
      "refresh materialized view on_flags; alter table flags add at timestamptz; truncate tenant_1.users";
    const owner = `${program.system.replaceAll("-", "_")}_dev_events_owner`;
    expect(await as("events readonly", "select by from made"), "the script at the database's start").toEqual([
      { by: owner },
    ]);
    await as("events", migration);
    expect(await as("events readonly", "select name from flags")).toEqual([{ name: "on" }]);
    await expect(as("events readonly", "insert into flags values ('off')")).rejects.toThrow(
      "permission denied",
    );
    const owners = "select distinct tableowner as owner from pg_tables where tablename in ('flags', 'users')";
    expect(await as("events", owners)).toEqual([{ owner }]);
    await expect(as("events", "create role more")).rejects.toThrow("permission denied");
  });

  it("C11: gets no value that its version doesn't take: the preview asks the image", async () => {
    program.write(source('work_mem: "lots"'));
    const { exitCode, output } = await program.pulumi("preview");
    expect(exitCode).not.toBe(0);
    expect(output).toContain('invalid value for parameter "work_mem": "lots"');
    expect(output).toContain("Nothing was touched");
  });

  it("C11: gets no values that keep its version from starting with each other", async () => {
    // By themselves each is fine.
    program.write(source('wal_level: "minimal"'));
    const { exitCode, output } = await program.pulumi("preview");
    expect(exitCode).not.toBe(0);
    expect(output).toMatch(/WAL streaming .* requires .?wal_level.? /);
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
