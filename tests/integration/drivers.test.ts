// Drivers of other languages, Django's migrations and Valkey against what the components make: in the long form only, since they come
// from Debian's packages. The daily run has node-postgres, ioredis and node-redis.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { recordSoak } from "../../bench/soak.ts";
import { exec } from "../../provider/docker/containers.ts";
import { referenceOf } from "../../setup/images/catalog.ts";
import { buildImage } from "../../setup/images/engine.ts";
import { resolvePaths } from "../../setup/paths.ts";
import { docker, uniqueName } from "../support/docker.ts";
import { dockerCli } from "../support/docker-cli.ts";
import { driversImage, FOLDER, PROGRAMS } from "../support/driver-programs.ts";
import { SOAK } from "../support/long-form.ts";
import { TestProgram } from "../support/program.ts";
import { freePort } from "../support/project.ts";
import { containerOf } from "../support/snapshot.ts";
import { sqlIn } from "../support/sql.ts";

/** Its name tells the component which server it is. */
const image = `${uniqueName("drivers-")}/valkey:1`;
const findings: Record<string, string> = {};
let program: TestProgram;

/** Why there are no drivers; undefined where there are. */
async function obstacleOf(): Promise<string | undefined> {
  if (!SOAK) return "not the long form";
  const folder = mkdtempSync(join(tmpdir(), "tandem-drivers-"));
  writeFileSync(join(folder, "Dockerfile"), driversImage(referenceOf("node")));
  try {
    const engine = { paths: resolvePaths(), env: process.env };
    await buildImage(engine, { folder, reference: image, labels: {} }, () => undefined);
    return undefined;
  } catch (error) {
    return `no packages: ${(error as Error).message}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const obstacle = await obstacleOf();
if (SOAK && obstacle !== undefined) console.warn(`skipped: ${obstacle}`);

const source = (port: number) => `
import * as pulumi from "@pulumi/pulumi";
import { AppService, Environment, PgDatabase, PostgresServer, RedisInstance } from "tandem";
const env = new Environment("dev", { system: "$SYSTEM", environment: "dev", data: { protect: false } });
const limits = { cpus: 1, memoryMb: 256, pids: 100 };
const server = new PostgresServer("pg", { env, limits, image: ${JSON.stringify(referenceOf("postgres"))}, hostPort: ${port} });
const main = new PgDatabase("main", { env, server: { kind: "own", server } });
const site = new PgDatabase("site", { env, server: { kind: "own", server }, login: "owner" });
const image = ${JSON.stringify(referenceOf("redis"))};
const queue = new RedisInstance("queue", { env, image, limits });
const cache = new RedisInstance("cache", { env, image, limits, mode: "cache", passwordOnly: true });
const valkey = new RedisInstance("valkey", { env, image: ${JSON.stringify(image)}, limits, commands: ["KEYS"] });
const { app } = main;
new AppService("drivers", {
  env, image: ${JSON.stringify(image)}, command: ["sleep", "3600"], health: { command: ["true"] },
  limits: { cpus: 2, memoryMb: 2048, pids: 500 },
  temporary: { "/tmp": { sizeMb: 900, executable: true } },
  secrets: {
    DATABASE_URL: main.url,
    DATABASE_URL_SSLMODE: app.urlWith({ sslmode: app.sslmode }),
    DSN: pulumi.interpolate\`host=\${app.host} port=\${app.port} user=\${app.user} password=\${app.password} dbname=\${app.database} sslmode=\${app.sslmode}\`,
    JDBC_URL: app.jdbcUrl,
    DB_HOST: app.host, DB_PORT: app.port.apply(String), DB_USER: app.user, DB_PASSWORD: app.password, DB_NAME: app.database,
    SITE_URL: site.url,
    REDIS_URL: queue.url, REDIS_HOST: queue.host, REDIS_USER: queue.user, REDIS_PASSWORD: queue.password,
    CACHE_URL: cache.url, CACHE_HOST: cache.host, CACHE_PASSWORD: cache.password,
    VALKEY_URL: valkey.url,
  },
  files: ${JSON.stringify(Object.fromEntries(Object.values(PROGRAMS).map(({ file, text }) => [`${FOLDER}/${file}`, text])))},
  dependsOn: [...main.ready, ...site.ready, ...queue.ready, ...cache.ready, ...valkey.ready],
});
`;

const inside = async (role: string, line: string) =>
  await exec(docker, await containerOf(program.system, "dev", role), ["sh", "-c", line]);

describe.skipIf(obstacle !== undefined)("drivers and frameworks", () => {
  beforeAll(async () => {
    program = await TestProgram.create(source(await freePort()));
    const up = await program.pulumi("up", "--yes", "--skip-preview");
    if (up.exitCode !== 0) throw new Error(up.output);
    const database = `${program.system.replaceAll("-", "_")}_dev`;
    const server = await containerOf(program.system, "dev", "postgres");
    await sqlIn(server, `set role ${database}_owner; create table seen (by text);`, database);
  });
  afterAll(async () => {
    await program?.remove();
    await dockerCli(["rmi", "--force", image]);
    const passed = Object.keys(findings).length === Object.keys(PROGRAMS).length + 1;
    const what = "each driver by URL and by parts, Django's migrations and cache, and Valkey's server";
    recordSoak("drivers of other languages", { what, passed, findings });
  });

  it.each(Object.entries(PROGRAMS))("%s", async (name, { command }) => {
    const { exitCode, output } = await inside("drivers", command);
    expect(exitCode, output).toBe(0);
    findings[name] = output.trim().replaceAll("\n", "; ");
  });

  it("Go's driver gets no connection by a URL without sslmode, as the reference says", () => {
    expect(findings["Go: lib/pq, which needs sslmode"]).toContain("SSL is not enabled on the server");
  });

  it("Valkey keeps its keys, holds its login's rights and has nothing to change", async () => {
    const { output } = await inside("valkey", "valkey-server --version; ls /data/appendonlydir");
    expect(output).toMatch(/Valkey server v=/);
    expect(output).toContain("manifest");
    const list = await inside("valkey", "cat /run/secrets/users.acl");
    expect(list.output).toContain("user default off");
    const preview = await program.pulumi("preview", "--diff", "--expect-no-changes");
    expect(preview.exitCode, preview.output).toBe(0);
    findings.Valkey = /v=\S+/.exec(output)?.[0] ?? "";
  });
});
