// live-listen: local, staging and production, each row of its matrix, on the real engine. The application is a stand-in.
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import WebSocket from "ws";
import { readEntries } from "../../provider/postgres/migrations/log.ts";
import { AppVersions, imageIdOf } from "../support/app-versions.ts";
import { openBrowser } from "../support/browser.ts";
import { docker } from "../support/docker.ts";
import { expectFoundAndUndo, expectNoDrift } from "../support/drift-runs.ts";
import { tenantChanges } from "../support/hand-made-tenant.ts";
import { ManagedPair, type ManagedStack } from "../support/managed-pair.ts";
import { MANAGER } from "../support/outside-postgres.ts";
import { expectOutOfReach, partsOf, variableOf } from "../support/pair.ts";
import { type Outcome, TestProject } from "../support/project.ts";
import { expectForEverybody, expectWholePage } from "../support/report-page.ts";
import { ask, eventually } from "../support/requests.ts";
import { containerOf } from "../support/snapshot.ts";
import { broughtUp } from "../support/workflows.ts";

type Stack = "local" | ManagedStack;
const STACKS: Stack[] = ["local", "staging", "production"];
const PAIRS: [ManagedStack, ManagedStack][] = [
  ["staging", "production"],
  ["production", "staging"],
];
const SERVICES = ["web", "api", "ws", "worker"];
const MIGRATIONS = ["0001_notes", "0002_note_embeddings"];
const WEB = { local: "localhost", staging: "staging.live-listen.app", production: "live-listen.app" };
const API = { local: "localhost", staging: "api.staging.live-listen.app", production: "api.live-listen.app" };
let project: TestProject;
let managed: ManagedPair;
let versions: AppVersions;

const port = (stack: Stack, key = "hostPort") => Number(project.config(stack)[key]);
/** Where an environment's API answers: in `local` on a port of its own. */
const api = (stack: Stack) => port(stack, stack === "local" ? "apiPort" : "hostPort");
const variable = (stack: Stack, service: string, name: string) =>
  variableOf(project.name, stack, service, name);

/** A WebSocket that has been greeted, and the code that it was closed with. */
interface Socket {
  greeting: { environment: string };
  socket: WebSocket;
  closed: Promise<number>;
}

function openSocket(stack: Stack): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${api(stack)}/ws`, { headers: { host: API[stack] } });
    const closed = new Promise<number>((done) => socket.once("close", done));
    socket.once("error", reject);
    socket.once("message", (data) => resolve({ greeting: JSON.parse(data.toString()), socket, closed }));
  });
}

/** When each service's container was made. */
async function ages(stack: Stack): Promise<Record<string, string>> {
  const made = SERVICES.map(async (service) => {
    const id = await containerOf(project.name, stack, service);
    return [service, (await docker.getContainer(id).inspect()).Created] as const;
  });
  return Object.fromEntries(await Promise.all(made));
}

async function succeed(...args: string[]): Promise<Outcome> {
  const outcome = await project.tandem([...args, "--yes"]);
  if (outcome.exitCode !== 0) throw new Error(outcome.output);
  return outcome;
}

beforeAll(async () => {
  managed = await ManagedPair.start();
  const outside = (stack: ManagedStack) => ({ hostname: WEB[stack], ...managed.config(stack) });
  const overrides = {
    local: { hostname: WEB.local },
    staging: outside("staging"),
    production: outside("production"),
  };
  project = await TestProject.create(overrides, "live-listen");
  versions = new AppVersions(project.name);
  await managed.setPasswords(project);
  await Promise.all(STACKS.map((stack) => succeed("up", stack)));
});

afterAll(async () => {
  await project?.remove();
  await versions?.remove();
  await managed?.remove();
});

describe("live-listen", () => {
  it("live-listen: drift finds nothing that nobody did, on managed servers neither", async () => {
    await expectNoDrift(project, STACKS);
  });

  it("live-listen: drift finds what was done by hand on a managed server, and nothing that is somebody else's", async () => {
    const { server, host } = managed.staging;
    const url = new URL(await variable("staging", "api", "DATABASE_URL"));
    const site = {
      sql: (text: string, database = "postgres") => server.query(text, { database }),
      admin: MANAGER.user,
      database: url.pathname.slice(1),
      server: `${host}:${server.port}`,
    };
    await server.query("CREATE ROLE neighbour LOGIN");
    await expectFoundAndUndo(project, { staging: tenantChanges(site) });
    await server.query("DROP ROLE neighbour");
  });

  it("live-listen: APP_ENV is each environment's, mirrored in NEXT_PUBLIC_APP_ENV", async () => {
    for (const stack of STACKS) {
      for (const service of SERVICES) expect(await variable(stack, service, "APP_ENV")).toBe(stack);
      expect(await variable(stack, "web", "NEXT_PUBLIC_APP_ENV")).toBe(stack);
    }
  });

  it("live-listen: web answers at its own URL in each environment, and at no other's", async () => {
    for (const stack of STACKS) {
      const { status, json } = await ask(port(stack), WEB[stack], "/api/info");
      expect([status, json.APP_ENV]).toEqual([200, stack]);
    }
    for (const [own, other] of PAIRS) {
      for (const host of [WEB[other], API[other]]) {
        expect((await ask(port(own), host, "/api/info")).status).toBe(404);
      }
    }
    expect(await variable("local", "web", "FRONTEND_URL")).toBe(`http://localhost:${port("local")}`);
    expect(await variable("staging", "web", "FRONTEND_URL")).toBe("https://staging.live-listen.app");
    expect(await variable("production", "web", "FRONTEND_URL")).toBe("https://live-listen.app");
  });

  it("live-listen: api answers at its own URL, with the database, and a job that the worker does", async () => {
    for (const stack of STACKS) {
      const { json } = await ask(api(stack), API[stack], "/api/jobs", { text: `only in ${stack}` });
      const job = await eventually(
        () => ask(api(stack), API[stack], `/api/jobs/${json.id}`),
        (answer) => answer.json.state === "completed",
      );
      expect(job.json.result.processedBy).toBe(stack);
      expect((await ask(api(stack), API[stack], "/ready")).status).toBe(200);
    }
    const url = (stack: Stack) => variable(stack, "web", "NEXT_PUBLIC_API_URL");
    expect(await url("local")).toBe(`http://localhost:${port("local", "apiPort")}`);
    expect(await url("staging")).toBe("https://api.staging.live-listen.app");
    expect(await url("production")).toBe("https://api.live-listen.app");
  });

  it("live-listen: ws greets at its own URL, the API's", async () => {
    for (const stack of STACKS) {
      const { greeting, socket } = await openSocket(stack);
      socket.close();
      expect(greeting.environment).toBe(stack);
    }
    const url = (stack: Stack) => variable(stack, "web", "NEXT_PUBLIC_WS_URL");
    expect(await url("local")).toBe(`ws://localhost:${port("local", "apiPort")}`);
    expect(await url("staging")).toBe("wss://api.staging.live-listen.app");
    expect(await url("production")).toBe("wss://api.live-listen.app");
  });

  it("live-listen: database is a container in local, and managed, one for each, elsewhere", async () => {
    const servers = async (stack: Stack) =>
      (await partsOf(project.name, stack)).containers.filter(({ name }) => name.endsWith("_postgres"));
    expect(await servers("local")).toHaveLength(1);
    for (const [own, other] of PAIRS) {
      expect(await servers(own)).toEqual([]);
      const url = new URL(await variable(own, "api", "DATABASE_URL"));
      expect(url.port).toBe(String(managed[own].server.port));
      expect(url.searchParams.get("sslmode")).toBe("verify-full");
      const databases = "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres'";
      expect(await managed[own].server.query(databases)).toEqual([{ datname: url.pathname.slice(1) }]);
      expect(url.pathname).toContain(own);
      expect(url.pathname).not.toContain(other);
    }
  });

  it("live-listen: deploy on a merge to main or a tag staging-*, and to production on a tag v*", () => {
    const own = (ref: string) => broughtUp(ref).filter((name) => name.startsWith("live-listen"));
    expect(own("refs/heads/main")).toEqual(["live-listen staging"]);
    expect(own("refs/tags/staging-2026-11")).toEqual(["live-listen staging"]);
    expect(own("refs/tags/v1.0.0")).toEqual(["live-listen production"]);
    expect(own("refs/heads/develop")).toEqual([]);
  });

  it("live-listen: migrations ran in every environment with an entry in the log, before traffic", async () => {
    for (const stack of STACKS) {
      const file = join(project.home, "history", project.name, stack, "migrations.jsonl");
      const [entry, ...others] = readEntries(file);
      expect(others).toEqual([]);
      expect(entry).toMatchObject({ result: "succeeded", service: "api", command: ["migrate"] });
      expect(entry?.output.join("\n")).toContain("0002_note_embeddings");
      const ended = Date.parse(entry?.startedAt ?? "") + (entry?.durationMs ?? 0);
      for (const made of Object.values(await ages(stack))) expect(Date.parse(made)).toBeGreaterThan(ended);
    }
    for (const [own] of PAIRS) {
      const sql = "SELECT name FROM pgmigrations ORDER BY id";
      const applied = await managed.queryAs(own, await variable(own, "api", "DATABASE_URL"), sql);
      expect(applied.map(({ name }) => name)).toEqual(MIGRATIONS);
    }
  });

  it.each(PAIRS)("live-listen: %s can neither name nor reach anything of %s", async (own, other) => {
    await expectOutOfReach(project.name, own, "api", other);
  });

  it.each(PAIRS)("live-listen: %s's logins are refused by %s's database server", async (own, other) => {
    const url = await variable(own, "api", "DATABASE_URL");
    const theirs = new URL(await variable(other, "api", "DATABASE_URL"));
    expect(await managed.queryAs(own, url, "SELECT current_database() AS name")).toHaveLength(1);
    // Its own login at their server, and the name of their login with its own password.
    const disguised = new URL(url);
    disguised.username = theirs.username;
    disguised.pathname = theirs.pathname;
    for (const attempt of [url, disguised.href]) {
      await expect(managed.queryAs(other, attempt, "SELECT 1")).rejects.toMatchObject({ code: "28P01" });
    }
    expect(await variable(own, "api", "JWT_SECRET")).not.toBe(await variable(other, "api", "JWT_SECRET"));
  });

  it("live-listen: tandem report makes a page of both environments, for every screen and for everybody", async () => {
    const file = await expectWholePage(project);
    const browser = await openBrowser();
    try {
      await expectForEverybody(browser, file, { phone: 360, desktop: 1280 });
    } finally {
      await browser.close();
    }
  });

  it("live-listen: staging and production are the same but for what may differ, as their files have it", async () => {
    const tracked = await TestProject.create({}, "live-listen", true);
    try {
      for (const [stack] of PAIRS) await tracked.setSecret(stack, "databasePassword", `canary-of-${stack}`);
      const { exitCode, output } = await tracked.tandem(["parity", "staging", "production"]);
      expect(exitCode, output).toBe(0);
      expect(output).not.toContain("the allow-list has");
    } finally {
      await tracked.remove();
    }
  });
});

describe("a deploy of live-listen", () => {
  let before: Record<string, string>;
  let open: Socket;

  beforeAll(async () => {
    before = await ages("staging");
    open = await openSocket("staging");
  });

  it("live-listen: WebSockets live through a deploy of another service", async () => {
    project.configure("staging", { webImage: await versions.make("new-web") });
    await succeed("up", "staging");
    const { web, ...others } = await ages("staging");
    expect(web).not.toBe(before.web);
    expect({ web: before.web, ...others }).toEqual(before);
    const echo = new Promise<string>((resolve) => {
      open.socket.on("message", (data) => {
        if (data.toString().includes("still there?")) resolve(data.toString());
      });
    });
    open.socket.send("still there?");
    expect(await echo).toContain("still there?");
  });

  it("live-listen: WebSockets are closed cleanly by a deploy of their own, and features are flags", async () => {
    expect(await variable("staging", "web", "FEATURES")).toBe("");
    const image = await versions.make("next");
    project.configure("staging", { features: ["captions"], image, webImage: image });
    await succeed("up", "staging");
    // 1001, "going away": a client connects anew.
    expect(await open.closed).toBe(1001);
    for (const service of SERVICES) expect(await variable("staging", service, "FEATURES")).toBe("captions");
    const { greeting, socket } = await openSocket("staging");
    socket.close();
    expect(greeting.environment).toBe("staging");
  });

  it("live-listen: promotion by hand brings the very images of staging to production, both of them", async () => {
    project.configure("production", { promoteAfter: "1s", watchSeconds: 0 });
    const images = (stack: Stack) =>
      Promise.all(
        SERVICES.map(async (service) => {
          const id = await containerOf(project.name, stack, service);
          return (await docker.getContainer(id).inspect()).Image;
        }),
      );
    const promoted = await images("staging");
    expect(await images("production")).not.toEqual(promoted);
    const { output } = await succeed("promote");
    expect(await images("production")).toEqual(promoted);
    expect(output).toMatch(new RegExp(`ok {4} .*${API.production}/ready`));
    // A flag is no part of an image.
    expect(await variable("production", "web", "FEATURES")).toBe("");
  });

  it("live-listen: rollback to the last good build, with smoke tests afterwards", async () => {
    const commit = async (host: string) => (await ask(port("staging"), host, "/version")).json.commit;
    expect([await commit(WEB.staging), await commit(API.staging)]).toEqual(["next", "next"]);
    const { output } = await succeed("rollback", "staging");
    expect(await commit(WEB.staging)).toBe("new-web");
    expect(await commit(API.staging)).not.toBe("next");
    for (const path of [`${WEB.staging}/`, `${API.staging}/ready`]) {
      expect(output).toMatch(new RegExp(`ok {4} .*${path}`));
    }
    const served = await docker.getContainer(await containerOf(project.name, "staging", "ws")).inspect();
    expect(served.Image).toBe(await imageIdOf("tandem-example:0.1.0"));
    // Its rows are the provider's to restore.
    const rows = await project.tandem(["rollback", "staging", "--database", "--yes"]);
    expect(rows.exitCode).not.toBe(0);
    expect(rows.output).toContain("restore a managed database with the tools of whoever runs it");
  });
});
