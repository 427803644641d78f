// The example app's image as stacks run it: hardened, credentials from files, real Postgres and Redis.
import { createHash, randomBytes } from "node:crypto";
import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import WebSocket from "ws";
import { appReference } from "../../setup/images/catalog.ts";
import { AppStack } from "../support/app-stack.ts";
import { uniqueName } from "../support/docker.ts";
import {
  dockerCli,
  dockerOk,
  exitCodeOf,
  logsOf,
  publishedAddress,
  stopSeconds,
  until,
} from "../support/docker-cli.ts";

const stack = new AppStack(uniqueName("tandem-app-"));
let web = "";
let address = "";

interface Answer {
  status: number;
  body: string;
}

async function ask(path: string, init?: RequestInit, at = address): Promise<Answer> {
  const response = await fetch(`http://${at}${path}`, { redirect: "manual", ...init });
  return { status: response.status, body: await response.text() };
}

async function askJson(path: string, init?: RequestInit): Promise<unknown> {
  return JSON.parse((await ask(path, init)).body);
}

const json = (body: object): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

/** Starts a web container and waits until it answers at all. */
async function startWeb(name: string, env: Readonly<Record<string, string>> = {}): Promise<[string, string]> {
  const container = await stack.run("web", env, name);
  const at = await publishedAddress(container, 8080);
  await until(name, async () => (await ask("/health", {}, at)).status > 0);
  return [container, at];
}

async function migrate(name: string, env: Readonly<Record<string, string>> = {}): Promise<[number, string]> {
  const container = await stack.run("migrate", env, name);
  return [await exitCodeOf(container), await logsOf(container)];
}

beforeAll(async () => {
  await stack.start();
  [web, address] = await startWeb("web", {
    BANNER: "STAGING ENVIRONMENT",
    FRONTEND_URL: "https://a.example",
  });
});
afterAll(async () => stack.remove());

describe("migrations", () => {
  it("are missed by /ready before they ran", async () => {
    expect(await ask("/ready")).toMatchObject({
      status: 503,
      body: expect.stringContaining("run the role `migrate`"),
    });
  });

  it("leave nothing behind when one fails, and say why", async () => {
    const [code, log] = await migrate("migrate-fails", { FAULTS: "1", FAIL_MIGRATION: "true" });
    expect(code).toBe(1);
    expect(log).toContain("division by zero");
    expect(await stack.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")).toBe("0");
  });

  it("stop at once when they hang and are told to", async () => {
    const container = await stack.run("migrate", { FAULTS: "1", HANG_MIGRATION: "true" }, "migrate-hangs");
    await until("the hang", async () => (await logsOf(container)).includes("HANG_MIGRATION"));
    const began = Date.now();
    await dockerOk(["stop", container]);
    expect(await stopSeconds(container, began)).toBeLessThan(3);
    expect(await exitCodeOf(container)).toBe(143);
  });

  it("run once when started twice at the same time", async () => {
    const runs = await Promise.all([migrate("migrate-1"), migrate("migrate-2")]);
    expect(runs.map(([code]) => code)).toEqual([0, 0]);
    expect(await stack.sql("SELECT count(*), count(DISTINCT name) FROM pgmigrations")).toBe("2|2");
    expect((await ask("/ready")).status).toBe(200);
  });

  it("belong to the owner; the app login can't change the schema", async () => {
    expect(await stack.sql("SELECT tableowner FROM pg_tables WHERE tablename = 'notes'")).toBe("notes_owner");
    const [code, log] = await migrate("migrate-as-app", {
      MIGRATE_DATABASE_URL_FILE: "",
      FAULTS: "1",
      FAIL_MIGRATION: "1",
    });
    expect(code).toBe(1);
    expect(log).toContain("permission denied for schema public");
  });
});

describe("web", () => {
  it("tells what it is, without secrets", async () => {
    expect(await askJson("/version")).toMatchObject({
      version: appReference().split(":")[1],
      environment: "staging",
    });
    const info = await ask("/api/info");
    expect(JSON.parse(info.body)).toMatchObject({
      NODE_ENV: "production",
      FRONTEND_URL: "https://a.example",
    });
    expect(info.body).not.toMatch(/DATABASE|REDIS|postgres:/);
    expect(await askJson("/api/voip")).toEqual({ enabled: false, runs: 0, lastRunAt: null });
  });

  it("stores notes and finds the nearest by vector, through the index", async () => {
    for (const text of ["the quick brown fox", "database migrations", "quick foxes are brown"]) {
      expect((await ask("/api/notes", json({ text }))).status).toBe(201);
    }
    const nearest = (await askJson("/api/notes/nearest?q=the+quick+brown+fox&limit=1")) as { text: string }[];
    expect(nearest.map(({ text }) => text)).toEqual(["the quick brown fox"]);
    const plan = await stack.sql(
      "SET enable_seqscan = off; EXPLAIN SELECT id FROM notes ORDER BY embedding <-> '[1,0,0,0,0,0,0,0]' LIMIT 1",
    );
    expect(plan).toContain("notes_embedding_idx");
    expect(await ask("/api/notes", json({ text: " " }))).toMatchObject({ status: 400 });
  });

  it("shows the banner, takes notes from the form and escapes them", async () => {
    const body = new URLSearchParams({ text: "<b>bold</b>" });
    expect((await ask("/notes", { method: "POST", body })).status).toBe(303);
    const page = (await ask("/")).body;
    expect(page).toContain('data-testid="banner">STAGING ENVIRONMENT<');
    expect(page).toContain("&lt;b&gt;bold&lt;/b&gt;");
  });

  it("queues jobs and processes them, itself or in a worker of its own", async () => {
    const { id } = (await askJson("/api/jobs", json({ text: "hi" }))) as { id: string };
    const done = await until("the job", async () => {
      const job = (await askJson(`/api/jobs/${id}`)) as { state: string; result: unknown };
      return job.state === "completed" && job;
    });
    expect(done.result).toMatchObject({ text: "hi", queuedBy: "staging", processedBy: "staging" });

    const [separate, at] = await startWeb("web-only", { WORKER: "separate", REDIS_PREFIX: "apart:" });
    const queued = JSON.parse((await ask("/api/jobs", json({ text: "later" }), at)).body) as { id: string };
    await sleep(500);
    expect((await ask(`/api/jobs/${queued.id}`, {}, at)).body).toContain('"waiting"');
    const worker = await stack.run("worker", { REDIS_PREFIX: "apart:", APP_ENV: "elsewhere" });
    await until("the worker", async () =>
      (await ask(`/api/jobs/${queued.id}`, {}, at)).body.includes('"processedBy":"elsewhere"'),
    );
    await dockerOk(["stop", separate, worker]);
    expect([await exitCodeOf(separate), await exitCodeOf(worker)]).toEqual([0, 0]);
  });

  it("has a health check that fails when the app isn't ready", async () => {
    const check = (path: string) =>
      dockerCli(["exec", web, "node", "dist/healthcheck.js", `http://127.0.0.1:8080${path}`]);
    expect((await check("/ready")).code).toBe(0);
    expect(await check("/nowhere")).toMatchObject({ code: 1, stderr: expect.stringContaining("404") });
  });

  it("notices that Redis and Postgres are away, and recovers by itself", async () => {
    for (const name of ["redis", "postgres"]) {
      await dockerOk(["pause", `${stack.name}-${name}`]);
      await until(`${name} missed`, async () => (await ask("/ready")).status === 503);
      await dockerOk(["unpause", `${stack.name}-${name}`]);
      await until(`${name} back`, async () => (await ask("/ready")).status === 200);
    }
    await dockerOk(["restart", `${stack.name}-redis`]);
    await until("Redis after a restart", async () => (await ask("/api/jobs", json({}))).status === 202);
  });
});

describe("SIGTERM", () => {
  it("lets requests and uploads finish, closes WebSockets with a reason, and exits with 0", async () => {
    const [container, at] = await startWeb("web-stops");
    const blob = randomBytes(4_000_000);
    const slow = ask("/slow?ms=2500", {}, at);
    const upload = startUpload(at);
    upload.send(blob.subarray(0, 1_000_000));
    const socket = new WebSocket(`ws://${at}/ws`);
    const messages: string[] = [];
    socket.on("message", (data) => messages.push(data.toString()));
    const closed = new Promise((resolve) =>
      socket.on("close", (code, reason) => resolve({ code, reason: reason.toString() })),
    );
    socket.on("open", () => socket.send("hello"));
    await until("the echo", async () => messages.some((message) => message.includes('"data":"hello"')));

    const stopping = dockerOk(["stop", "--time", "15", container]);
    expect(await closed).toEqual({ code: 1001, reason: "server is shutting down" });
    await until("the listener's end", () =>
      ask("/health", {}, at).then(
        () => false,
        () => true,
      ),
    );
    upload.send(blob.subarray(1_000_000));
    const sha256 = createHash("sha256").update(blob).digest("hex");
    expect(await upload.finish()).toMatchObject({ bytes: blob.length, sha256 });
    expect(await slow).toMatchObject({ status: 200 });
    await stopping;
    expect(await exitCodeOf(container)).toBe(0);
  });

  it("ends with 1, and says where it was, when the grace period is not enough", async () => {
    const [container, at] = await startWeb("web-late", { SHUTDOWN_GRACE_MS: "500" });
    const slow = ask("/slow?ms=20000", {}, at).catch(() => "cut");
    // It must be under way before the signal comes.
    await sleep(2_000);
    await dockerOk(["stop", container]);
    expect(await exitCodeOf(container)).toBe(1);
    expect(await slow).toBe("cut");
    expect(await logsOf(container)).toContain("still not done at the end of the grace period");
  });
});

describe("start", () => {
  it("refuses unusable settings, all at once", async () => {
    const container = await stack.run("web", { PORT: "x", DATABASE_URL_FILE: "/nowhere" }, "web-bad");
    expect(await exitCodeOf(container)).toBe(1);
    const log = await logsOf(container);
    expect(log).toContain("PORT: ");
    expect(log).toContain("DATABASE_URL_FILE: can't read /nowhere");
  });

  it("has faults that tests can switch on, and only with FAULTS=1", async () => {
    const failing = await stack.run("web", { FAULTS: "1", FAIL_START: "1" }, "web-fails");
    expect(await exitCodeOf(failing)).toBe(1);
    const [, at] = await startWeb("web-sick", { FAULTS: "1", UNHEALTHY_AFTER_MS: "1" });
    expect((await ask("/health", {}, at)).status).toBe(503);
    const [, well] = await startWeb("web-well", { FAIL_START: "1", UNHEALTHY_AFTER_MS: "1" });
    expect((await ask("/health", {}, well)).status).toBe(200);
  });
});

describe("logs", () => {
  it("hold no password, even of a login that Redis refuses", async () => {
    const env = { REDIS_URL_FILE: "/run/secrets/redis-wrong-url", LOG_LEVEL: "trace" };
    const [refused] = await startWeb("web-refused", env);
    await until("the refusal", async () => (await logsOf(refused)).includes("WRONGPASS"));
    const all = await dockerOk(["ps", "-a", "--filter", `label=${stack.label}`, "--format", "{{.Names}}"]);
    for (const container of all.split("\n")) {
      expect(await logsOf(container), container).not.toContain(stack.password);
      expect(await dockerOk(["inspect", container]), container).not.toContain(stack.password);
    }
  });

  it("are one JSON object a line", async () => {
    const lines = (await logsOf(web)).split("\n").filter((line) => line !== "");
    for (const line of lines) expect(JSON.parse(line)).toMatchObject({ role: "web", environment: "staging" });
  });
});

/** An upload whose parts are sent when the test says so. */
function startUpload(at: string): { send(part: Buffer): void; finish(): Promise<unknown> } {
  const sent = request(`http://${at}/upload`, { method: "POST" });
  const answered = new Promise<unknown>((resolve, reject) => {
    sent.on("error", reject);
    sent.on("response", (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () => resolve(JSON.parse(Buffer.concat(parts).toString())));
    });
  });
  return {
    send: (part) => void sent.write(part),
    finish: () => {
      sent.end();
      return answered;
    },
  };
}
