// Lugh: staging and production on one Postgres and one Redis, each row of its table, on the real engine.
import { Queue } from "bullmq";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exec } from "../../provider/docker/containers.ts";
import { AppVersions, imageIdOf } from "../support/app-versions.ts";
import { connectFrom, resolveFrom } from "../support/attacker.ts";
import { piped } from "../support/console.ts";
import { docker } from "../support/docker.ts";
import { expectFoundAndUndo, expectNoDrift } from "../support/drift-runs.ts";
import type { HandMade } from "../support/hand-made.ts";
import { tenantChanges } from "../support/hand-made-tenant.ts";
import { exerciseNodeRedis } from "../support/node-redis.ts";
import { type Outcome, TestProject } from "../support/project.ts";
import { exerciseQueue } from "../support/queue.ts";
import { expectWholePage } from "../support/report-page.ts";
import { ask, eventually } from "../support/requests.ts";
import {
  answerOf,
  psqlAsAdmin,
  queryAs,
  redisAs,
  redisAsAdmin,
  redisUrl,
} from "../support/shared-servers.ts";
import { containerOf } from "../support/snapshot.ts";
import { attacksOnDatabase, attacksOnKeys } from "../support/tenant-attacks.ts";

type Stack = "staging" | "production";
const PAIRS: [Stack, Stack][] = [
  ["staging", "production"],
  ["production", "staging"],
];
const PREFIX = { staging: "staging:", production: "prod:" };
const DATABASE = { staging: "staging_lugh", production: "prod_lugh" };
const QUICK = { promoteAfter: "1s", watchSeconds: 0 };
let project: TestProject;
let versions: AppVersions;
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
  project = await TestProject.create({ staging: QUICK, production: QUICK }, "lugh");
  versions = new AppVersions(project.name);
  project.configure("staging", { image: await versions.make("next") });
  early = await project.tandem(["up", "staging", "--yes"]);
  for (const stack of ["shared", "staging", "production"]) {
    const up = await project.tandem(["up", stack, "--yes"]);
    if (up.exitCode !== 0) throw new Error(up.output);
  }
});

afterAll(async () => {
  await project.remove();
  await versions.remove();
});

describe("Lugh", () => {
  it("Lugh: an environment without its servers says what comes first", () => {
    expect(early.exitCode).not.toBe(0);
    expect(early.output).toContain("tandem up shared");
  });

  it("Lugh: drift finds nothing that nobody did, on the shared servers neither", async () => {
    await expectNoDrift(project, ["shared", "staging", "production"]);
  });

  it("Lugh: drift finds what was done by hand on shared servers, each in the stack whose it is", async () => {
    const server = `${project.name}_shared_postgres`;
    const sql = async (text: string, database?: string) => {
      expect(await psqlAsAdmin(project, `${text};`, database)).not.toContain("ERROR");
    };
    const here = { sql, admin: `${DATABASE.staging}_admin`, database: DATABASE.staging, server };
    const nobodys: HandMade[] = [
      {
        ...{ name: "a login that is nobody's", subject: "login somebody", gravity: "person" },
        text: /not in the state/,
        make: () => sql("CREATE ROLE somebody LOGIN"),
        undo: () => sql("DROP ROLE somebody"),
      },
      {
        ...{ name: "a Redis user that is nobody's", gravity: "person", text: /belongs to no environment/ },
        subject: `Redis user nobody of ${project.name}_shared_redis`,
        make: () => redisAsAdmin(project, "ACL", "SETUSER", "nobody", "on", "nopass", "~*", "+@all"),
        undo: () => redisAsAdmin(project, "ACL", "DELUSER", "nobody"),
      },
    ];
    await expectFoundAndUndo(project, { shared: nobodys, staging: tenantChanges(here) });
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
    for (const attack of attacksOnDatabase(mine, theirs)) {
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
      for (const attack of attacksOnKeys(PREFIX[other], key, mine)) {
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

  it.each([
    "staging",
    "production",
  ] as const)("serves node-redis as well under the prefix of %s", async (own) => {
    await exerciseNodeRedis(await redisUrl(project, own), PREFIX[own]);
    await expect(exerciseNodeRedis(await redisUrl(project, own), "elsewhere:")).rejects.toThrow(/NOPERM/);
  });

  it.each(PAIRS)("Lugh: %s can't put a job into %s's queue, or take one", async (own, other) => {
    const connection = await redisAs(project, own);
    const queue = new Queue("work", { connection, prefix: `${PREFIX[other]}queues`, skipVersionCheck: true });
    queue.on("error", () => undefined);
    await expect(queue.add("stolen", {})).rejects.toThrow(/NOPERM|No permissions/);
    await expect(queue.getJobs()).rejects.toThrow(/NOPERM|No permissions/);
    connection.disconnect();
  });

  it.each(PAIRS)("Lugh: %s neither answers to %s's hostname nor gets at it", async (own, other) => {
    const [ownPort] = address(own);
    const [otherPort, otherHost] = address(other);
    expect((await ask(ownPort, otherHost, "/version")).status).toBe(404);
    const attacker = await containerOf(project.name, own, "app");
    const { NetworkSettings } = await docker.getContainer(attacker).inspect();
    const gateways = Object.values(NetworkSettings.Networks).map(({ Gateway }) => Gateway);
    expect(gateways).toHaveLength(2);
    const ports = [otherPort, Number(project.config("shared").postgresPort)];
    for (const host of gateways) {
      for (const port of ports) expect(await connectFrom(attacker, host, port)).not.toBe("open");
    }
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

  it("Lugh: tandem run has the app's volume, files and way to the shared servers; psql and redis-cli too", async () => {
    const script =
      'cat "$LUGH_HOME/note"; cat "$DATABASE_URL_FILE"; echo; getent hosts "$0" >/dev/null && echo found';
    const server = `${project.name}_shared_postgres`;
    const words = ["--as", "owner", "--entrypoint", "sh", "--", "-c", script, server];
    const { exitCode, stdout, stderr } = await piped(project, ["run", "staging", "app", ...words]);
    const [note, url = "", found] = stdout.toString().split("\n");
    expect([exitCode, note, found], stderr).toEqual([0, "agent", "found"]);
    expect(new URL(url)).toMatchObject({ username: expect.stringMatching(/_owner$/), hostname: server });
    const psql = await piped(project, ["psql", "staging", "--", "-qXAt"], "select current_user");
    expect(psql.stdout.toString(), psql.stderr).toMatch(/_app\n$/);
    const prefix = project.config("staging").redisPrefix;
    const keys = `set ${prefix}by-hand 1\ndel ${prefix}by-hand\nset by-hand 1\n`;
    const redis = await piped(project, ["redis-cli", "staging"], keys);
    expect(redis.stdout.toString(), redis.stderr).toMatch(/^OK\n1\nNOPERM/);
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
      expect(await resolveFrom(attacker, Name.slice(1))).toBe("");
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

describe("Lugh's promotion", () => {
  it("Lugh: promotion is one command, and production then runs the very image of staging", async () => {
    const next = await imageIdOf(`${project.name}:next`);
    const images = () =>
      Promise.all(
        (["staging", "production"] as const).map(async (stack) => {
          const facts = await docker.getContainer(await containerOf(project.name, stack, "app")).inspect();
          return facts.Image;
        }),
      );
    expect(await images()).toEqual([next, expect.not.stringContaining(next)]);
    const promoted = await project.tandem(["promote", "--yes"]);
    expect(promoted.exitCode, promoted.output).toBe(0);
    expect(await images()).toEqual([next, next]);
    expect((await ask(...address("production"), "/version")).json).toMatchObject({
      environment: "production",
      commit: "next",
    });
  });

  it("Lugh: tandem report makes a page of both environments", async () => {
    await expectWholePage(project);
  });

  it("Lugh: parity, the two have nothing but the differences that the allow-list has", async () => {
    const { exitCode, output } = await project.tandem(["parity"]);
    expect(exitCode, output).toBe(0);
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
