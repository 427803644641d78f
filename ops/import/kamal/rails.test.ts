// A whole application as teams run it with Kamal: web, worker and cron on one image, Postgres and Redis beside them, staging and
// production as destinations. What it becomes passes the check in both.
import { afterEach, beforeEach, expect, it } from "vitest";
import { readStack } from "../../../infra/check/index.ts";
import { RAILS } from "./rails-example.ts";
import { KamalFolder } from "./testing.ts";

let folder: KamalFolder;

beforeEach(() => {
  folder = new KamalFolder();
});

afterEach(() => folder.remove());

it("becomes a system that passes the check in both environments", async () => {
  const { plan, topology } = await folder.write(RAILS).import({}, true);
  for (const stack of ["staging", "production"]) {
    const { problems } = await readStack({ projectDir: plan.target, stack, deep: false });
    expect(problems).toEqual([]);
  }
  for (const line of [
    'const app = new Release("app", {',
    'image: { context: join(import.meta.dirname, "../.."), tag: "shop-app:dev" },',
    "dependsOn: [...postgres.ready, ...redis.ready],",
    'RAILS_MAX_THREADS: "10",',
    "web: app.containers.web, worker: app.containers.worker, cron: app.containers.cron",
    'new PgDatabase("postgres"',
    'new RedisInstance("redis"',
    'DB_HOST: env.name("postgres")',
    "REDIS_URL: redis.url",
    'command: ["bundle", "exec", "sidekiq"]',
    'health: { http: "/up", timeoutSeconds: 3 }',
  ]) {
    expect(topology).toContain(line);
  }
  expect(topology).not.toMatch(/["'`](staging|production)["'`]/);
});

it("shows no secret, and what needs a decision is said with its line", async () => {
  const { plan, files } = await folder.write(RAILS).import();
  expect([...files.values()].join("\n") + JSON.stringify(plan.notes.all)).not.toContain("hunter2");
  const decisions = plan.notes.of("decide").map(({ text, line }) => `${text} ${line ?? ""}`);
  expect(decisions.join("\n")).toMatch(
    /RAILS_MASTER_KEY of staging has no value: \.kamal\/secrets\.staging:\d+ runs a command/,
  );
});
