// Lugh: staging and production on one Postgres and one Redis, each row of its table, on the real engine.
import { Queue, QueueEvents, Worker } from "bullmq";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exec } from "../../provider/containers.ts";
import { connectFrom, resolveFrom } from "../support/attacker.ts";
import { docker } from "../support/docker.ts";
import { type Outcome, TestProject } from "../support/project.ts";
import { ask, eventually } from "../support/requests.ts";
import { answerOf, psqlAsAdmin, queryAs, redisAs } from "../support/shared-servers.ts";
import { containerOf } from "../support/snapshot.ts";

type Stack = "staging" | "production";
const PAIRS: [Stack, Stack][] = [
  ["staging", "production"],
  ["production", "staging"],
];
const PREFIX = { staging: "staging:", production: "prod:" };
const DATABASE = { staging: "staging_lugh", production: "prod_lugh" };
let project: TestProject;
let early: Outcome;

function address(stack: Stack): [number, string] {
  const { hostPort, hostname } = project.config(stack);
  return [Number(hostPort), String(hostname)];
}

/** A variable of a stack's app, as its process has it. */
async function variable(stack: Stack, name: string): Promise<string> {
  const container = await containerOf(project.name, stack, "app");
  return (await exec(docker, container, ["printenv", name])).stdout.trim();
}

beforeAll(async () => {
  project = await TestProject.create({}, "lugh");
  early = await project.tandem(["up", "staging", "--yes"]);
  for (const stack of ["shared", "staging", "production"]) {
    const up = await project.tandem(["up", stack, "--yes"]);
    if (up.exitCode !== 0) throw new Error(up.output);
  }
});

afterAll(() => project.remove());

describe("Lugh", () => {
  it("Lugh: an environment without its servers says what comes first", () => {
    expect(early.exitCode).not.toBe(0);
    expect(early.output).toContain("tandem up shared");
  });

  it("Lugh: port, each environment's own on the host and 3000 in both containers", async () => {
    for (const stack of ["staging", "production"] as const) {
      expect((await ask(...address(stack), "/version")).json).toMatchObject({ environment: stack });
      expect(await variable(stack, "PORT")).toBe("3000");
    }
  });

  it.each(PAIRS)("Lugh: database on one shared Postgres, %s's login refused by %s's", async (own, other) => {
    expect(await queryAs(project, own, "SELECT current_database() AS name")).toEqual([
      { name: DATABASE[own] },
    ]);
    for (const database of [DATABASE[other], "postgres", "template1"]) {
      await expect(queryAs(project, own, "SELECT 1", database)).rejects.toThrow(
        /permission denied for database/,
      );
    }
    const databases = await psqlAsAdmin(project, "SELECT datname FROM pg_database ORDER BY 1;");
    expect(databases.split("\n")).toEqual([
      "postgres",
      "prod_lugh",
      "staging_lugh",
      "template0",
      "template1",
    ]);
  });

  it.each(PAIRS)("Lugh: %s's administrator has no power over %s's database and roles", async (own, other) => {
    const [mine, theirs] = [DATABASE[own], DATABASE[other]];
    const attacks = [
      `DROP DATABASE ${theirs}`,
      `ALTER DATABASE ${theirs} RENAME TO gone`,
      `ALTER DATABASE ${theirs} OWNER TO ${mine}_admin`,
      `GRANT CONNECT ON DATABASE ${theirs} TO ${mine}_app`,
      `CREATE DATABASE copy TEMPLATE ${theirs}`,
      `ALTER ROLE ${theirs}_app PASSWORD 'x'`,
      `DROP ROLE ${theirs}_app`,
      `GRANT ${theirs}_owner TO ${mine}_admin`,
      `GRANT ${theirs}_app TO ${mine}_app`,
      "GRANT pg_read_all_data TO CURRENT_USER",
      "GRANT pg_execute_server_program TO CURRENT_USER",
      "CREATE ROLE boss SUPERUSER",
      "ALTER ROLE CURRENT_USER SUPERUSER",
      "COPY (SELECT 1) TO PROGRAM 'id'",
      "SELECT pg_read_file('/run/secrets/postgres_password')",
      `SET ROLE ${theirs}_owner`,
      "SELECT rolpassword FROM pg_authid",
    ];
    for (const attack of attacks) {
      const answer = await psqlAsAdmin(project, `SET SESSION AUTHORIZATION ${mine}_admin;\n${attack};`);
      expect(answer, attack).toMatch(/ERROR: .*(permission denied|must be owner|must be able|only roles)/i);
    }
    const seen =
      "SELECT has_database_privilege(current_user, datname, 'CONNECT') FROM pg_database WHERE datname =";
    const check = `SET SESSION AUTHORIZATION ${mine}_admin; ${seen} '${theirs}';`;
    expect(await psqlAsAdmin(project, check)).toBe("f");
    const queries = `SET SESSION AUTHORIZATION ${mine}_admin;
      SELECT count(*) FROM pg_stat_activity WHERE datname = '${theirs}' AND query NOT LIKE '<insufficient%';`;
    expect(await psqlAsAdmin(project, queries)).toBe("0");
  });

  it.each(PAIRS)("Lugh: key prefix on one shared Redis, %s gets NOPERM on %s's keys", async (own, other) => {
    const [redis, theirs] = [await redisAs(project, own), await redisAs(project, other)];
    const [key, mine] = [`${PREFIX[other]}secret`, `${PREFIX[own]}mine`];
    try {
      await theirs.set(key, "canary-value");
      expect(await answerOf(redis, "SET", mine, "1")).toBe("OK");
      const attacks: [string, ...string[]][] = [
        ["GET", key],
        ["SET", key, "x"],
        ["DEL", key],
        ["EXISTS", key],
        ["TYPE", key],
        ["DUMP", key],
        ["WATCH", key],
        ["OBJECT", "ENCODING", key],
        ["RENAME", mine, key],
        ["COPY", key, mine],
        ["SORT", mine, "BY", "nosort", "GET", `${PREFIX[other]}*`],
        ["BLPOP", key, "0.1"],
        ["XREAD", "STREAMS", key, "0"],
        ["EVAL", "return redis.call('GET', KEYS[1])", "1", key],
        ["EVAL", `return redis.call('GET', '${key}')`, "0"],
        ["EVAL", "return redis.call('KEYS', '*')", "0"],
        ["SUBSCRIBE", `${PREFIX[other]}channel`],
        ["PSUBSCRIBE", "*"],
        ["PUBLISH", `${PREFIX[other]}channel`, "x"],
        ["PUBSUB", "CHANNELS"],
        ...["KEYS *", "SCAN 0", "RANDOMKEY", "DBSIZE", "FLUSHALL", "FLUSHDB", "SWAPDB 0 1"].map(words),
        ...["MONITOR", "CONFIG GET *", "ACL LIST", "ACL WHOAMI", "CLIENT LIST", "SHUTDOWN"].map(words),
        ...["SAVE", "BGSAVE", "DEBUG SLEEP 0", "SLOWLOG GET", "MEMORY STATS", "SCRIPT FLUSH"].map(words),
        ...["FUNCTION LIST", "CLIENT TRACKING ON BCAST", "CLUSTER INFO", "REPLICAOF NO ONE"].map(words),
        ...["MODULE LIST", "LATENCY LATEST", "COMMAND DOCS", "PUBSUB SHARDCHANNELS"].map(words),
      ];
      for (const attack of attacks.filter(([name]) => name !== "COMMAND")) {
        expect(await answerOf(redis, ...attack), attack.join(" ")).toMatch(
          /NOPERM|No permissions|can't run this|not allowed/i,
        );
      }
      // Another database number is the same server: the pattern holds there as well.
      expect(await answerOf(redis, "SELECT", "1")).toBe("OK");
      expect(await answerOf(redis, "GET", key)).toMatch(/NOPERM/);
      expect(await theirs.get(key)).toBe("canary-value");
    } finally {
      redis.disconnect();
      theirs.disconnect();
    }
  });

  it("Lugh: BullMQ works under the prefix, and a job of one environment is never seen in the other", async () => {
    const { json } = await ask(...address("staging"), "/api/jobs", { text: "only here" });
    const job = await eventually(
      () => ask(...address("staging"), `/api/jobs/${json.id}`),
      (answer) => answer.json.state === "completed",
    );
    expect(job.json.result.processedBy).toBe("staging");
    expect((await ask(...address("production"), `/api/jobs/${json.id}`)).status).toBe(404);
    await exerciseQueue(await redisAs(project, "staging"), "staging:queues");
  });

  it("Lugh: LUGH_HOME is a volume of each environment's own, and the app can write there", async () => {
    expect([await variable("staging", "LUGH_HOME"), await variable("production", "LUGH_HOME")]).toEqual([
      "/.lugh-staging",
      "/.lugh-prod",
    ]);
    const staging = await containerOf(project.name, "staging", "app");
    const written = await exec(docker, staging, [
      "sh",
      "-c",
      "echo agent > $LUGH_HOME/note && cat $LUGH_HOME/note",
    ]);
    expect(written.output).toBe("agent\n");
    const production = await containerOf(project.name, "production", "app");
    const { output } = await exec(docker, production, ["sh", "-c", "ls -A $LUGH_HOME; ls /.lugh-staging"]);
    expect(output).toMatch(/^ls: .*No such file/);
  });

  it("Lugh: BOT_DISPLAY_NAME is Lugh Dev in staging and Lugh in production", async () => {
    expect(await variable("staging", "BOT_DISPLAY_NAME")).toBe("Lugh Dev");
    expect(await variable("production", "BOT_DISPLAY_NAME")).toBe("Lugh");
    expect((await ask(...address("staging"), "/api/info")).json.APP_NAME).toBe("Lugh Dev");
  });

  it("Lugh: FEATURE flags are on in staging and off in production, which says nothing of them", async () => {
    const names = ["FEATURE_AGENT_POOL", "FEATURE_REDIS_MESSAGING", "FEATURE_SIMULATION_LAYER"];
    for (const name of names) {
      expect([name, await variable("staging", name), await variable("production", name)]).toEqual([
        name,
        "true",
        "false",
      ]);
    }
    const said = Object.keys(project.config("production"));
    for (const key of ["agentPool", "redisMessaging", "simulationLayer"]) expect(said).not.toContain(key);
  });

  it("Lugh: migrations are the same files with the same result in both databases", async () => {
    const schema = `SELECT string_agg(name, ',' ORDER BY id) || (SELECT string_agg(table_name || column_name ||
      data_type, ',' ORDER BY table_name, column_name) FROM information_schema.columns WHERE table_schema = 'public') FROM pgmigrations;`;
    const staging = await psqlAsAdmin(project, schema, "staging_lugh");
    expect(staging).toContain("0001_notes,0002_note_embeddings");
    expect(await psqlAsAdmin(project, schema, "prod_lugh")).toBe(staging);
  });

  it.each(PAIRS)("Lugh: %s's app can't resolve or reach anything of %s", async (own, other) => {
    const attacker = await containerOf(project.name, own, "app");
    for (const component of ["app", "gateway"]) {
      const { Name, NetworkSettings } = await docker
        .getContainer(await containerOf(project.name, other, component))
        .inspect();
      expect(await resolveFrom(attacker, Name.slice(1))).toMatch(/ENOTFOUND|EAI_AGAIN/);
      for (const { IPAddress } of Object.values(NetworkSettings.Networks)) {
        expect(await connectFrom(attacker, IPAddress, 3000)).not.toBe("open");
        expect(await connectFrom(attacker, IPAddress, 8080)).not.toBe("open");
      }
    }
    for (const server of ["postgres", "redis"]) {
      const { NetworkSettings } = await docker.getContainer(`${project.name}_shared_${server}`).inspect();
      const elsewhere = NetworkSettings.Networks[`${project.name}_shared_${other}`]?.IPAddress ?? "";
      expect(await connectFrom(attacker, elsewhere, server === "redis" ? 6379 : 5432)).not.toBe("open");
    }
  });
});

describe("Lugh's bot", () => {
  it("Lugh: Telegram bot, the same token in both is refused before anything is touched", async () => {
    await project.setSecret("production", "telegramBotToken", "987654321:BBB-canary");
    await project.setSecret("staging", "telegramBotToken", "987654321:BBB-canary");
    const events = docker.getEvents({ since: Math.floor(Date.now() / 1000) });
    (await events).on("data", () => undefined);
    for (const refused of [
      await project.tandem(["up", "staging", "--yes"]),
      await project.pulumi(["up", "-s", "staging", "--yes", "--skip-preview"]),
    ]) {
      expect(refused.exitCode).not.toBe(0);
      expect(refused.output).toContain("telegramBotToken");
      expect(refused.output).toContain("same secret as in production");
      expect(refused.output).not.toContain("canary");
    }
    await project.setSecret("staging", "telegramBotToken", "123456789:AAA-canary");
    const preview = await project.tandem(["preview", "staging"]);
    expect(preview.exitCode, preview.output).toBe(0);
    expect(preview.output).not.toContain("canary");
  });
});

function words(text: string): [string, ...string[]] {
  return text.split(" ") as [string, ...string[]];
}

/** What queues do, in a client of their own: delayed jobs, priorities, flows of state, events, a scheduler. */
async function exerciseQueue(redis: Awaited<ReturnType<typeof redisAs>>, prefix: string): Promise<void> {
  const connection = redis.duplicate({ maxRetriesPerRequest: null, lazyConnect: false });
  const [listening, working] = [connection.duplicate(), connection.duplicate()];
  const queue = new Queue("work", { connection, prefix });
  const events = new QueueEvents("work", { connection: listening, prefix });
  await events.waitUntilReady();
  const worker = new Worker("work", async (job) => `done ${job.data.n}`, {
    connection: working,
    prefix,
  });
  try {
    const jobs = await queue.addBulk([
      { name: "now", data: { n: 1 } },
      { name: "later", data: { n: 2 }, opts: { delay: 50 } },
      { name: "first", data: { n: 3 }, opts: { priority: 1 } },
    ]);
    const results = await Promise.all(jobs.map((job) => job.waitUntilFinished(events, 10_000)));
    expect(results).toEqual(["done 1", "done 2", "done 3"]);
    await queue.upsertJobScheduler("tick", { every: 60_000 }, { name: "tick", data: { n: 0 } });
    expect(await queue.getJobSchedulersCount()).toBe(1);
    expect((await queue.getJobCounts()).completed).toBeGreaterThanOrEqual(3);
    await queue.pause();
    await queue.obliterate({ force: true });
  } finally {
    await Promise.all([worker.close(), events.close()]);
    await queue.close();
    for (const client of [connection, listening, working, redis]) client.disconnect();
  }
}
