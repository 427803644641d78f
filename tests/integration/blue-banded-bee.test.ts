// Blue Banded Bee: staging as a mirror of production on managed databases, each row of its plan, on the real engine.
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { limitsOf } from "../../ops/engine/container-limits.ts";
import { askRedis, queryPostgres } from "../../ops/inspect/verify/servers.ts";
import { exec } from "../../provider/docker/containers.ts";
import { connectFrom } from "../support/attacker.ts";
import { piped } from "../support/console.ts";
import { docker } from "../support/docker.ts";
import { expectNoDrift } from "../support/drift-runs.ts";
import { ManagedPair } from "../support/managed-pair.ts";
import { MANAGER } from "../support/outside-postgres.ts";
import { askTls, expectOutOfReach, partsOf, variableOf } from "../support/pair.ts";
import { type Outcome, ROOMY, TestProject } from "../support/project.ts";
import { expectWholePage } from "../support/report-page.ts";
import { ask, eventually } from "../support/requests.ts";
import { containerOf, snapshot } from "../support/snapshot.ts";
import { broughtUp } from "../support/workflows.ts";

const STACKS = ["staging", "production"] as const;
type Stack = (typeof STACKS)[number];
const PAIRS: [Stack, Stack][] = [
  ["staging", "production"],
  ["production", "staging"],
];
const HOSTNAMES = { staging: "blue-banded-bee-staging.fly.dev", production: "blue-banded-bee.fly.dev" };
// The real names would meet a real Blue Banded Bee on this machine.
const tail = randomBytes(2).toString("hex");
const APPS = { staging: `blue-banded-bee-staging-${tail}`, production: `blue-banded-bee-${tail}` };
const DSN = { staging: "https://canary-a@sentry.example/1", production: "https://canary-b@sentry.example/2" };
let project: TestProject;
let managed: ManagedPair;
let certificates: string;
let ups: Record<Stack, Outcome>;

const port = (stack: Stack, key: string) => Number(project.config(stack)[key]);
const variable = (stack: Stack, name: string) => variableOf(project.name, stack, "app", name);
const appOf = (stack: Stack) => containerOf(project.name, stack, "app");
const get = (stack: Stack, path: string) => askTls(port(stack, "httpsPort"), HOSTNAMES[stack], path);

/** A command's JSON document, without what the engine says before it. */
async function report<T>(args: string[], exitCode = 0): Promise<T> {
  const outcome = await project.tandem([...args, "--json"]);
  expect(outcome.exitCode, outcome.output).toBe(exitCode);
  const { output } = outcome;
  return JSON.parse(output.slice(output.indexOf("{\n"), output.lastIndexOf("\n}") + 2)) as T;
}

async function up(stack: Stack): Promise<Outcome> {
  const outcome = await project.tandem(["up", stack, "--yes"]);
  if (outcome.exitCode !== 0) throw new Error(outcome.output);
  return outcome;
}

beforeAll(async () => {
  managed = await ManagedPair.start();
  // One file for both, as one provider signs them.
  certificates = mkdtempSync(join(tmpdir(), "tandem-certificates-"));
  const databaseCaFile = join(certificates, "provider.pem");
  writeFileSync(databaseCaFile, STACKS.map((stack) => readFileSync(managed[stack].caFile, "utf8")).join(""));
  const settings = (stack: Stack) => ({
    ...managed.config(stack),
    databaseCaFile,
    promoteAfter: "1s",
    app: APPS[stack],
    hostname: HOSTNAMES[stack],
    "tandem:policies": { levels: { "production-data": "disabled" }, names: [`${APPS[stack]}_`], ...ROOMY },
  });
  project = await TestProject.create(
    { staging: settings("staging"), production: settings("production") },
    "blue-banded-bee",
  );
  await managed.setPasswords(project);
  for (const stack of STACKS) await project.setSecret(stack, "sentryDsn", DSN[stack]);
  const [staging, production] = await Promise.all([up("staging"), up("production")]);
  ups = { staging, production };
});

afterAll(async () => {
  await project?.remove();
  await managed?.remove();
  rmSync(certificates, { recursive: true, force: true });
});

describe("Blue Banded Bee", () => {
  it("Blue Banded Bee: drift finds nothing that nobody did", async () => {
    await expectNoDrift(project, STACKS);
  });

  it("Blue Banded Bee: machine, 1 GB of memory and one CPU in both", async () => {
    for (const stack of STACKS) {
      const facts = await docker.getContainer(await appOf(stack)).inspect();
      expect(limitsOf(facts)).toEqual({ cpus: 1, memoryMb: 1024 });
    }
  });

  it("Blue Banded Bee: names of the apps, region syd, container port 8080 in both", async () => {
    for (const stack of STACKS) {
      const { containers } = await partsOf(project.name, stack);
      expect(containers.map(({ name }) => name.split("_")[0])).toEqual(containers.map(() => APPS[stack]));
      expect([await variable(stack, "REGION"), await variable(stack, "PORT")]).toEqual(["syd", "8080"]);
      expect(await connectFrom(await appOf(stack), "127.0.0.1", 8080)).toBe("open");
    }
  });

  it("Blue Banded Bee: psql checks the managed server's certificate", async () => {
    const sql = "select ssl, current_user like '%app' from pg_stat_ssl where pid = pg_backend_pid()";
    const { stdout, stderr } = await piped(project, ["psql", "staging", "--", "-qXAt"], sql);
    expect(stdout.toString(), stderr).toBe("t|t\n");
    const told = await piped(project, ["psql", "staging"], "\\echo `echo $PGSSLMODE`\n");
    expect(told.stdout.toString(), told.stderr).toBe("verify-full\n");
  });

  it("Blue Banded Bee: HTTPS is forced, and each gateway has a certificate for its own hostname only", async () => {
    for (const [stack, other] of PAIRS) {
      const plain = await ask(port(stack, "hostPort"), HOSTNAMES[stack], "/version");
      expect(plain.status).toBe(308);
      expect(plain.headers.location).toBe(`https://${HOSTNAMES[stack]}:${port(stack, "httpsPort")}/version`);
      expect(JSON.parse((await get(stack, "/version")).text)).toMatchObject({ environment: stack });
      await expect(askTls(port(stack, "httpsPort"), HOSTNAMES[other], "/version")).rejects.toThrow();
    }
  });

  it("Blue Banded Bee: managed Postgres, a server for each environment that holds its own database only", async () => {
    for (const stack of STACKS) {
      const { containers } = await partsOf(project.name, stack);
      expect(containers.filter(({ name }) => name.includes("postgres"))).toEqual([]);
      const url = new URL(await variable(stack, "DATABASE_URL"));
      const { host, server } = managed[stack];
      expect([url.hostname, Number(url.port)]).toEqual([host, server.port]);
      expect(url.searchParams.get("sslmode")).toBe("verify-full");
      const found = await server.query<{ datname: string }>(
        "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres'",
      );
      expect(found.map(({ datname }) => datname)).toEqual([url.pathname.slice(1)]);
      expect((await get(stack, "/ready")).status).toBe(200);
      const open = await server.query<{ ssl: boolean }>(
        `SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = '${url.username}'`,
      );
      expect(open).toEqual([{ ssl: true }]);
    }
  });

  it("Blue Banded Bee: APP_ENV, LOG_LEVEL, SENTRY_DSN and DATABASE_URL are each environment's, the last two secret", async () => {
    for (const stack of STACKS) {
      expect([await variable(stack, "APP_ENV"), await variable(stack, "SENTRY_DSN")]).toEqual([
        stack,
        DSN[stack],
      ]);
      const exported = await project.pulumi(["stack", "export", "--stack", stack]);
      const { password } = new URL(await variable(stack, "DATABASE_URL"));
      for (const secret of [DSN[stack], password]) {
        expect(ups[stack].output).not.toContain(secret);
        expect(exported.output).not.toContain(secret);
      }
    }
    expect(await variable("staging", "LOG_LEVEL")).toBe("debug");
    expect(await variable("production", "LOG_LEVEL")).toBe("info");
  });

  it("Blue Banded Bee: branch staging deploys staging, main production, a feature branch nothing", () => {
    const deployed = (ref: string) => broughtUp(ref).filter((one) => one.startsWith("blue-banded-bee "));
    expect(deployed("refs/heads/staging")).toEqual(["blue-banded-bee staging"]);
    expect(deployed("refs/heads/main")).toEqual(["blue-banded-bee production"]);
    expect(deployed("refs/heads/feature/warm-cache")).toEqual([]);
  });

  it("Blue Banded Bee: testing checklist passes in both", async () => {
    type List = { items: { item: string; result: string; seen: string }[] };
    const withoutRows = await report<List>(["checklist", "production"], 1);
    expect(withoutRows.items.at(-1)).toMatchObject({ item: "the cache warms", result: "untried" });
    for (const stack of STACKS) {
      const url = new URL(await variable(stack, "DATABASE_URL"));
      const database = url.pathname.slice(1);
      await managed[stack].server.query("INSERT INTO notes (text) VALUES ('a bee')", { database });
      const { items } = await report<List>(["checklist", stack]);
      expect(items.map(({ result }) => result)).toEqual(Array(6).fill("passed"));
      expect(items[1]?.seen).toBe(`${url.username} on ${database}, TLSv1.3`);
    }
    // And what stands before production lets it pass: it is healthy, as its settings say, and answers.
    const promotion = await project.tandem(["promote", "--yes"]);
    expect(promotion.output).toContain("production serves the image of staging already");
  });

  it("Blue Banded Bee: performance of the two is comparable, on the same resources", async () => {
    type Rows = { rows: { name: string; values: number[]; comparable: boolean }[] };
    // Other work on this machine meets one of them more than the other.
    const { rows } = await report<Rows>(["performance", "--within", "4"]);
    expect(rows.filter(({ comparable }) => !comparable)).toEqual([]);
    const limits = Object.fromEntries(rows.map(({ name, values }) => [name, values]));
    expect(limits["app: memory limit"]).toEqual([1024, 1024]);
    expect(limits["database query"]).toHaveLength(2);
  });

  it("Blue Banded Bee: cost of staging is 55 to 70 dollars a month, 35 to 40 of them for the database", async () => {
    type Costs = {
      environments: {
        environment: string;
        from: number;
        to: number;
        lines: { from: number; to: number }[];
      }[];
    };
    const { environments } = await report<Costs>(["cost"]);
    expect(environments.map(({ environment, from, to }) => [environment, from, to])).toEqual([
      ["staging", 55, 70],
      ["production", 55, 70],
    ]);
    const [plan, compute, machine] = environments[0]?.lines ?? [];
    expect([(plan?.from ?? 0) + (compute?.from ?? 0), (plan?.to ?? 0) + (compute?.to ?? 0)]).toEqual([
      35, 40,
    ]);
    expect(machine).toMatchObject({ from: 20, to: 30, quantity: "1 container of app" });
    const { output } = await project.tandem(["cost", "staging"]);
    expect(output).toMatch(/staging USD 55–70 a month\n.*without a price: gateway, redis$/s);
  });

  it("Blue Banded Bee: tandem report makes a page of both environments", async () => {
    await expectWholePage(project);
  });

  it("Blue Banded Bee: 100 % mirror, nothing differs but what is on the list; anything else fails", async () => {
    type Found = { differences: { path: string; reason?: string }[]; stale: string[] };
    const same = await report<Found>(["parity"]);
    // This project protects nothing, unlike the tracked stack files, and both servers are on this machine.
    expect(same.stale).toEqual(["setting:protectData", "setting:databaseServer.host", "*.protect"]);
    const given = project.config("staging");
    const databaseServer = { ...(given.databaseServer as object), sslmode: "require" };
    const limits = { app: { memory: "512m" } };
    project.configure("staging", { limits, databaseServer, region: "lhr", replicas: 2 });
    const { differences } = await report<Found>(["parity"], 2);
    const wrong = differences.filter(({ reason }) => reason === undefined).map(({ path }) => path);
    expect(wrong).toEqual(
      expect.arrayContaining([
        "setting:region",
        "setting:databaseServer.sslmode",
        "Container:<app>_app-1.memory",
        "Container:<app>_app-2",
      ]),
    );
    project.configure("staging", { ...given, limits: undefined, region: undefined, replicas: undefined });
  });

  it("Blue Banded Bee: the same SENTRY_DSN in both is refused before anything is touched", async () => {
    const before = await snapshot(project.name, "staging");
    await project.setSecret("staging", "sentryDsn", DSN.production);
    const refused = await project.tandem(["up", "staging", "--yes"]);
    expect(refused.exitCode).not.toBe(0);
    expect(refused.output).toContain("sentryDsn");
    expect(refused.output).not.toContain(DSN.production);
    expect(await snapshot(project.name, "staging")).toEqual(before);
    await project.setSecret("staging", "sentryDsn", DSN.staging);
  });
});

describe("Blue Banded Bee's data isolation", () => {
  it.each(PAIRS)("Blue Banded Bee: %s can neither name nor reach anything of %s", async (own, other) => {
    await expectOutOfReach(project.name, own, "app", other);
  });

  it.each(
    PAIRS,
  )("Blue Banded Bee: %s's database login is refused by %s's server, its administrator's too", async (own, other) => {
    const login = new URL(await variable(own, "DATABASE_URL"));
    const theirs = new URL(await variable(other, "DATABASE_URL"));
    const { host, server } = managed[other];
    // As on the internet: whoever knows the address gets an answer, and it is no.
    expect(await connectFrom(await appOf(own), host, server.port)).toBe("open");
    const at = { host, port: server.port, ssl: { rejectUnauthorized: false } };
    const database = theirs.pathname.slice(1);
    await expect(queryPostgres(at, theirs, database, "SELECT 1")).resolves.toHaveLength(1);
    await expect(queryPostgres(at, login, database, "SELECT 1")).rejects.toThrow(
      /password authentication failed/,
    );
    const password = await project.pulumi(["config", "get", "databasePassword", "--stack", own]);
    const manager = new URL(`postgres://${MANAGER.user}:${password.output.trim()}@${host}/postgres`);
    await expect(queryPostgres(at, manager, "postgres", "SELECT 1")).rejects.toThrow(
      /password authentication failed/,
    );
    const here = { ...at, port: managed[own].server.port };
    await expect(queryPostgres(here, manager, "postgres", "SELECT 1")).resolves.toHaveLength(1);
  });

  it.each(
    PAIRS,
  )("Blue Banded Bee: %s's Redis login is refused by %s's server, and its volumes are its own", async (own, other) => {
    const login = new URL(await variable(own, "REDIS_URL"));
    const theirs = new URL(await variable(other, "REDIS_URL"));
    const { NetworkSettings } = await docker.getContainer(theirs.hostname).inspect();
    const at = { host: Object.values(NetworkSettings.Networks)[0]?.IPAddress ?? "", port: 6379 };
    expect(await askRedis(at, theirs, "EXISTS", "bull:echo:meta")).toBe(":1");
    await expect(askRedis(at, login, "EXISTS", "bull:echo:meta")).rejects.toThrow(/WRONGPASS/);
    await expect(askRedis(at, undefined, "EXISTS", "bull:echo:meta")).rejects.toThrow(/NOAUTH/);
    const [mine, others] = [await partsOf(project.name, own), await partsOf(project.name, other)];
    expect(mine.volumes.filter((volume) => others.volumes.includes(volume))).toEqual([]);
    expect(mine.volumes.every((volume) => volume.startsWith(`${APPS[own]}_`))).toBe(true);
  });

  it("Blue Banded Bee: at least one machine is always running, one that crashes comes back by itself", async () => {
    const app = await appOf("staging");
    const kill = `for (const pid of require("node:fs").readdirSync("/proc")) {
      try { if (/dist\\/main\\.js/.test(require("node:fs").readFileSync("/proc/" + pid + "/cmdline", "utf8"))) process.kill(+pid, "SIGKILL"); } catch {}
    }`;
    await exec(docker, app, ["node", "-e", kill]).catch(() => undefined);
    const facts = await eventually(
      () => docker.getContainer(app).inspect(),
      ({ RestartCount, State }) => RestartCount === 1 && State.Running,
    );
    expect(facts.HostConfig.RestartPolicy?.Name).toBe("always");
    await eventually(
      () => get("staging", "/ready").catch(() => ({ status: 0, text: "" })),
      ({ status }) => status === 200,
    );
  });
});
