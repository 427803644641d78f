// The Oracle: staging, then production beside it, from one topology on the real engine.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { migrationLog, readEntries } from "../../provider/migrations/log.ts";
import { docker } from "../support/docker.ts";
import { type Outcome, TestProject } from "../support/project.ts";
import { ask, eventually } from "../support/requests.ts";
import { containerOf, snapshot } from "../support/snapshot.ts";

const STACKS = ["staging", "production"] as const;
type Stack = (typeof STACKS)[number];
let project: TestProject;
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
