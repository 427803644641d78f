// State that is no folder of this machine: in a Postgres database, one of the engine's own backends.
import { afterAll, beforeAll, expect, it } from "vitest";
import { runAndStrike } from "../support/killer.ts";
import { ADMIN_PASSWORD, requirePostgresImage, TestPostgres } from "../support/postgres.ts";
import { TestProject } from "../support/project.ts";

const image = await requirePostgresImage();
let server: TestPostgres;
let project: TestProject;
let env: Record<string, string>;

beforeAll(async () => {
  if (image === undefined) throw new Error("no pgvector image on this machine: run ./tandem setup");
  server = await TestPostgres.start(image);
  await server.ready();
  project = await TestProject.create();
  env = {
    PULUMI_BACKEND_URL: `postgres://postgres:${ADMIN_PASSWORD}@127.0.0.1:${server.port}/postgres?sslmode=disable`,
  };
});

afterAll(async () => {
  await project?.remove();
  await server?.remove();
});

it("is brought up, told of, and seen as up to date", async () => {
  const first = await project.tandem(["up", "staging"], env);
  expect(first.exitCode, first.output).toBe(0);
  expect(first.output).not.toContain(ADMIN_PASSWORD);
  const { environments } = JSON.parse((await project.tandem(["status", "--json"], env)).output);
  expect(environments[0]).toMatchObject({ environment: "staging", state: "up" });
  expect(environments[0].address.urls).toHaveLength(1);
  const second = await project.tandem(["up", "staging"], env);
  expect(second.output).toContain("nothing was made or removed");
});

it("killed, its lock is recognised by the next run, and cleared up with what it left", async () => {
  project.configure("staging", { banner: "killed", replicas: 2 });
  // By then the first operations have ended, so the backend has heard of them, and a container is starting.
  const moment = { operations: 5, delayMs: 300 };
  const run = await runAndStrike(...project.commandLine(["up", "staging"]), moment, {
    cwd: project.folder,
    env: { ...process.env, ...project.environment(), ...env },
  });
  expect(run.struck, run.output).toBe(true);
  const look = await project.tandem(["preview", "staging"], env);
  expect(look.output).toMatch(/an earlier run ended while .*: `\.\/tandem up staging`/);
  const next = await project.tandem(["up", "staging"], env);
  expect(next.exitCode, next.output).toBe(0);
  expect(next.output).toMatch(/a run that died left a lock .*: removed/);
  const preview = await project.tandem(["preview", "staging", "--expect-no-changes"], env);
  expect(preview.exitCode, preview.output).toBe(0);
});

it("held by a living run, it is waited for", async () => {
  project.configure("staging", { banner: "first" });
  const args = ["up", "staging", "--wait", "120"];
  const [first, second] = await Promise.all([project.tandem(args, env), project.tandem(args, env)]);
  expect(first.exitCode, first.output).toBe(0);
  expect(second.exitCode, second.output).toBe(0);
  expect(`${first.output}${second.output}`).toMatch(/staging is held by another run \(.*\): waiting/);
});

it("is taken down, with its data", async () => {
  const down = await project.tandem(
    ["down", "staging", "--yes", "--delete-data", "--yes-delete-data-of", "staging"],
    env,
  );
  expect(down.exitCode, down.output).toBe(0);
});
