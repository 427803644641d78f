// The Oracle: staging, then production beside it, from one topology on the real engine.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exec } from "../../provider/docker/containers.ts";
import { migrationLog, readEntries } from "../../provider/postgres/migrations/log.ts";
import { docker } from "../support/docker.ts";
import { type Outcome, TestProject } from "../support/project.ts";
import { ask, eventually } from "../support/requests.ts";
import { containerOf, snapshot } from "../support/snapshot.ts";
import { sqlIn } from "../support/sql.ts";

const STACKS = ["staging", "production"] as const;
type Stack = (typeof STACKS)[number];
let project: TestProject;
let imported: Outcome;
let first: Outcome;

/** Port and hostname of an environment. */
function address(stack: string): [number, string] {
  const config = project.config(stack);
  return [Number(config.hostPort), String(config.hostname)];
}

/** What an environment's app says of its environment. */
async function info(stack: Stack): Promise<Record<string, unknown>> {
  return (await ask(...address(stack), "/api/info")).json;
}

beforeAll(async () => {
  project = await TestProject.create();
  // More variables in one environment: lines in its file, from where they stood before.
  const file = join(project.home, "old.env");
  writeFileSync(file, "FEATURE_X=on\nGREETING='hello # world'\nAPI_KEY=of-staging-alone\n");
  imported = await project.tandem(["config", "import", file, "--stack", "staging"]);
  first = await project.tandem(["up", "staging", "--yes"]);
});

afterAll(() => project.remove());

describe("the first up", () => {
  it("ends with exit code 0 and says where the environment answers and what was made", () => {
    expect(first.output).toContain(`127.0.0.1:${address("staging")[0]}`);
    expect(first.output).toContain("staging-oracle.localhost");
    expect(first.exitCode).toBe(0);
  });

  it("serves the version to the environment's hostname and to no other", async () => {
    const [port, host] = address("staging");
    expect((await ask(port, host, "/version")).json).toMatchObject({ environment: "staging" });
    expect((await ask(port, "theoracle.localhost", "/version")).status).toBe(404);
  });

  it("Oracle: Postgres + pgvector, a row is written and its nearest neighbour found by vector", async () => {
    const [port, host] = address("staging");
    expect((await ask(port, host, "/api/notes", { text: "the cat sat on the mat" })).status).toBe(201);
    await ask(port, host, "/api/notes", { text: "quarterly figures of the shipyard" });
    const nearest = await ask(port, host, "/api/notes/nearest?q=the%20cat%20sat%20on%20a%20mat&limit=1");
    expect(nearest.json[0].text).toBe("the cat sat on the mat");
  });

  it("gives the app variables that only the stack file names, imported without a word of their values", async () => {
    expect(imported.exitCode, imported.output).toBe(0);
    expect(imported.output).toMatch(/plain +FEATURE_X, GREETING\n +encrypted +API_KEY \(by its name\)/);
    expect(`${imported.output}${readFileSync(project.stackFile("staging"), "utf8")}`).not.toContain(
      "of-staging-alone",
    );
    const app = await containerOf(project.name, "staging", "app");
    const { stdout } = await exec(docker, app, ["printenv", "FEATURE_X", "GREETING", "API_KEY"]);
    expect(stdout.trim().split("\n")).toEqual(["on", "hello # world", "of-staging-alone"]);
  });

  it("works off a job through BullMQ", async () => {
    const [port, host] = address("staging");
    const { json } = await ask(port, host, "/api/jobs", { text: "ping" });
    const job = await eventually(
      () => ask(port, host, `/api/jobs/${json.id}`),
      (answer) => answer.json.state === "completed",
    );
    expect(JSON.stringify(job.json.result)).toContain("staging");
  });

  it("tells search engines to keep out of staging", async () => {
    const [port, host] = address("staging");
    expect((await ask(port, host, "/")).headers["x-robots-tag"]).toContain("noindex");
  });

  it("Oracle: migrations ran to their end before the app that needs them started", async () => {
    const log = migrationLog(project.name, "staging", { TANDEM_HOME: project.home });
    const [entry, ...others] = readEntries(log);
    expect(others).toEqual([]);
    expect(entry).toMatchObject({
      result: "succeeded",
      pending: ["0001_notes.sql", "0002_note_embeddings.sql"],
    });
    const app = await containerOf(project.name, "staging", "app");
    const { State } = await docker.getContainer(app).inspect();
    const ended = Date.parse(entry?.startedAt ?? "") + (entry?.durationMs ?? Number.NaN);
    expect(ended).toBeLessThan(Date.parse(State.StartedAt));
  });
});

describe("afterwards", () => {
  it("the very next preview shows no change", async () => {
    const preview = await project.tandem(["preview", "staging", "--expect-no-changes"]);
    expect(preview.output).not.toMatch(/to create|to update|to delete|to replace/);
    expect(preview.exitCode).toBe(0);
  });

  it("plain `pulumi preview` and `pulumi refresh` show no change either", async () => {
    const preview = await project.pulumi(["preview", "-s", "staging", "--expect-no-changes", "--diff"]);
    expect(preview.exitCode, preview.output).toBe(0);
    const refresh = await project.pulumi([
      "refresh",
      "-s",
      "staging",
      "--preview-only",
      "--expect-no-changes",
    ]);
    expect(refresh.exitCode, refresh.output).toBe(0);
  });

  it("a second up changes nothing, in under 15 s", async () => {
    const before = await snapshot(project.name, "staging");
    const second = await project.tandem(["up", "staging", "--yes"]);
    expect(second.exitCode, second.output).toBe(0);
    expect(await snapshot(project.name, "staging")).toEqual(before);
    expect(second.seconds).toBeLessThan(15);
  });
});

describe("production beside it", () => {
  it("comes up without a byte of staging changing", async () => {
    const [port, host] = address("staging");
    const before = await snapshot(project.name, "staging");
    const rows = (await ask(port, host, "/api/notes")).text;
    const up = await project.tandem(["up", "production", "--yes"]);
    expect(up.exitCode, up.output).toBe(0);
    expect(await snapshot(project.name, "staging")).toEqual(before);
    expect((await ask(port, host, "/api/notes")).text).toBe(rows);
  });

  it("Oracle: hostname, and host port: each environment answers to its own and to no other", async () => {
    for (const [own, other] of [STACKS, STACKS.toReversed()] as [Stack, Stack][]) {
      const [port, host] = address(own);
      expect((await ask(port, host, "/version")).json).toMatchObject({ environment: own });
      expect((await ask(port, address(other)[1], "/version")).status).toBe(404);
    }
  });

  it("Oracle: NODE_ENV is production in both, with a real build", async () => {
    for (const stack of STACKS) expect(await info(stack)).toMatchObject({ NODE_ENV: "production" });
  });

  it("Oracle: FRONTEND_URL, COOLIFY_URL, COOLIFY_FQDN are of each environment's own domain", async () => {
    for (const stack of STACKS) {
      const [, host] = address(stack);
      expect(await info(stack)).toMatchObject({
        FRONTEND_URL: `https://${host}`,
        COOLIFY_URL: `https://${host}`,
        COOLIFY_FQDN: host,
      });
    }
  });

  it("Oracle: VoIP sync is off in staging, on in production, and can't be on in both", async () => {
    expect(await info("staging")).toMatchObject({ VOIP_SYNC_ENABLED: false });
    expect(await info("production")).toMatchObject({ VOIP_SYNC_ENABLED: true });
    project.configure("staging", { voipSync: true });
    const refused = await project.tandem(["up", "staging", "--yes"]);
    project.configure("staging", { voipSync: false });
    expect(refused.exitCode).toBe(2);
    expect(refused.output).toContain(`${project.name}:voipSync`);
    expect(refused.output).toContain("nothing was touched");
  });

  it("keeps a variable that the topology sets itself, and says where", async () => {
    project.configure("production", { environment: { app: { PORT: "81" } } });
    const refused = await project.tandem(["preview", "production"]);
    project.configure("production", { environment: {} });
    expect(refused.exitCode).not.toBe(0);
    expect(refused.output).toMatch(
      /PORT of the stack's environment is set by the topology as well, in environment/,
    );
    expect(refused.output).toContain(
      `config rm --path ${project.name}:environment.app.PORT --stack production`,
    );
  });

  it("has its own rows, and no banner", async () => {
    const [port, host] = address("production");
    expect((await ask(port, host, "/api/notes")).json).toEqual([]);
    const page = await ask(port, host, "/");
    expect(page.headers["x-robots-tag"]).toBeUndefined();
    expect(page.text).not.toContain("STAGING ENVIRONMENT");
    expect(await info("staging")).toMatchObject({ BANNER: "STAGING ENVIRONMENT" });
  });

  it("Oracle: Redis 7.2, a job queued in staging is never seen in production", async () => {
    const [port, host] = address("staging");
    const { json } = await ask(port, host, "/api/jobs", { text: "only here" });
    await eventually(
      () => ask(port, host, `/api/jobs/${json.id}`),
      (answer) => answer.json.state === "completed",
    );
    expect((await ask(...address("production"), `/api/jobs/${json.id}`)).status).toBe(404);
  });
});

describe("rows of production for staging", () => {
  const NOTES = [
    "Call Margarete Holm at 0170 5550123",
    "margarete.holm@customer.example is waiting",
    "IBAN DE02 1203",
  ];

  /** What a database of an environment says, as its server's administrator. */
  async function sql(stack: Stack, statement: string): Promise<string> {
    const container = await containerOf(project.name, stack, "postgres");
    const database = `${project.name}_${stack}`.replaceAll("-", "_");
    return await sqlIn(container, statement, database);
  }

  /** Everything that a server would hand out: all databases, all rows. */
  async function everything(stack: Stack): Promise<string> {
    const container = await containerOf(project.name, stack, "postgres");
    return (await exec(docker, container, ["pg_dumpall", "--username", "postgres"])).stdout;
  }

  async function notes(stack: Stack): Promise<{ id: number; text: string; createdAt: string }[]> {
    return (await ask(...address(stack), "/api/notes")).json;
  }

  beforeAll(async () => {
    for (const text of NOTES) {
      expect((await ask(...address("production"), "/api/notes", { text })).status).toBe(201);
    }
  });

  it("are refused where a column of production is not named, or a kept one repeats what another hides", async () => {
    const before = await notes("staging");
    await sql("production", "ALTER TABLE notes ADD COLUMN phone text;");
    const unnamed = await project.tandem(["seed", "staging", "--yes"]);
    await sql("production", "ALTER TABLE notes DROP COLUMN phone;");
    expect(unnamed.exitCode).toBe(2);
    expect(unnamed.output).toContain("column notes.phone (text) is not named");

    await sql(
      "production",
      "INSERT INTO pgmigrations (name, run_on) SELECT 'for ' || text, now() FROM notes LIMIT 1;",
    );
    const repeated = await project.tandem(["seed", "staging", "--yes"]);
    await sql("production", "DELETE FROM pgmigrations WHERE name LIKE 'for %';");
    expect(repeated.exitCode).toBe(1);
    expect(repeated.output).toMatch(/stand in the copy, in public\.pgmigrations/);
    expect(`${unnamed.output}${repeated.output}`).not.toContain("Margarete");

    const production = await project.tandem(["seed", "production", "--from", "staging", "--yes"]);
    expect(production.exitCode).toBe(2);
    expect(production.output).toContain("production is production");
    expect(await notes("staging")).toEqual(before);
  });

  it("have a first definition written for them, in which what the system says stays", async () => {
    const { exitCode, output } = await project.tandem(["seed", "staging", "--init"]);
    expect(exitCode, output).toBe(0);
    expect(output).toMatch(
      /notes: \{\n +id: "keep",\n +text: "words",\n +created_at: "keep",\n +embedding: "vector",\n +\},/,
    );
    expect(output).toContain('pgmigrations: "keep",');
  });

  it("Oracle: seed data, staging gets production's rows anonymised, and no original value survives", async () => {
    const before = await snapshot(project.name, "production");
    const own = await notes("staging");
    const originals = await notes("production");
    const vectors = await sql("production", "SELECT embedding FROM notes ORDER BY id;");
    const seeded = await project.tandem(["seed", "staging", "--yes"]);
    expect(seeded.exitCode, seeded.output).toBe(0);

    const masked = await notes("staging");
    expect(masked.map(({ id, createdAt }) => ({ id, createdAt }))).toEqual(
      originals.map(({ id, createdAt }) => ({ id, createdAt })),
    );
    const all = await everything("staging");
    const words = NOTES.flatMap((text) => text.split(/[ @.]/)).filter((word) => word.length > 3);
    for (const original of [...NOTES, ...words, ...vectors.split("\n")]) {
      expect(`${all}${seeded.output}`.includes(original), original).toBe(false);
    }
    // Its own are gone from the database, and kept as a restore point.
    expect(masked.map(({ text }) => text)).not.toContain(own[0]?.text);
    expect(seeded.output).toMatch(
      /What was there is kept: .* rollback staging --database \d{8}-\d{6}-before-restore/,
    );

    // It works on: a row is written and found, the app's login has its rights, and nothing is to change.
    const nearest = await ask(...address("staging"), "/api/notes/nearest?q=anything&limit=1");
    expect(nearest.json).toHaveLength(1);
    expect((await ask(...address("staging"), "/api/notes", { text: "written afterwards" })).status).toBe(201);
    const preview = await project.tandem(["preview", "staging", "--expect-no-changes"]);
    expect(preview.exitCode, preview.output).toBe(0);

    // Production is as it was, and nothing of the copy is left on its host.
    expect(await snapshot(project.name, "production")).toEqual(before);
    expect(await notes("production")).toEqual(originals);
    const containers = await docker.listContainers({ all: true });
    expect(containers.flatMap(({ Names }) => Names)).not.toContain(`/${project.name}_production_seed`);
    const server = await containerOf(project.name, "production", "postgres");
    const { stdout } = await exec(docker, server, ["find", "/var/lib/postgresql", "-name", "*-before-seed*"]);
    expect(stdout).toBe("");
  });
});

describe("down", () => {
  it("of staging leaves production serving and untouched, and keeps staging's data", async () => {
    const before = await snapshot(project.name, "production");
    const rows = (await ask(...address("staging"), "/api/notes")).text;
    const down = await project.tandem(["down", "staging", "--yes"]);
    expect(down.exitCode, down.output).toBe(0);
    expect(await snapshot(project.name, "production")).toEqual(before);
    expect((await ask(...address("production"), "/version")).status).toBe(200);
    const left = Object.keys(await snapshot(project.name, "staging")).sort();
    expect(left).toEqual([
      `volume ${project.name}_staging_pgdata`,
      `volume ${project.name}_staging_redisdata`,
    ]);

    const again = await project.tandem(["up", "staging", "--yes"]);
    expect(again.exitCode, again.output).toBe(0);
    expect((await ask(...address("staging"), "/api/notes")).text).toBe(rows);
    const preview = await project.pulumi(["preview", "-s", "staging", "--expect-no-changes", "--diff"]);
    expect(preview.exitCode, preview.output).toBe(0);
  });
});
