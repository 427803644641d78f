// eduaiia: two environments that share nothing, each row of its document, on the real engine. The application is a stand-in.
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nameOf } from "../../stacks/eduaiia/names.ts";
import { resolveFrom } from "../support/attacker.ts";
import { piped } from "../support/console.ts";
import { docker } from "../support/docker.ts";
import { expectNoDrift } from "../support/drift-runs.ts";
import { askTls, expectOutOfReach, partsOf, runIn, variableOf } from "../support/pair.ts";
import { ROOMY, TestProject } from "../support/project.ts";
import { expectWholePage } from "../support/report-page.ts";
import { ask } from "../support/requests.ts";
import { containerOf, snapshot } from "../support/snapshot.ts";

type Stack = "staging" | "production";
const STACKS: Stack[] = ["staging", "production"];
const PAIRS: [Stack, Stack][] = [
  ["staging", "production"],
  ["production", "staging"],
];
const HOSTNAMES = { staging: "staging.eduaiia.com", production: "eduaiia.com" };
// The real suffixes would meet a real eduaiia on this machine.
const tail = randomBytes(2).toString("hex");
const SUFFIX = { staging: `staging${tail}`, production: `prod${tail}` };
let project: TestProject;

const port = (stack: Stack, key: string) => Number(project.config(stack)[key]);
const variable = (stack: Stack, name: string) => variableOf(project.name, stack, "django", name);

async function up(stack: Stack): Promise<void> {
  const { exitCode, output } = await project.tandem(["up", stack, "--yes"]);
  if (exitCode !== 0) throw new Error(output);
}

/** Databases that a server lists, without Postgres' own. */
async function databasesOf(stack: Stack): Promise<string[]> {
  const sql = "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres'";
  return (await runIn(project.name, stack, "postgres", ["psql", "-XqAt", "-U", "postgres", "-c", sql])).split(
    "\n",
  );
}

beforeAll(async () => {
  const settings = (stack: Stack, djangoPort: number) => ({
    suffix: SUFFIX[stack],
    hostname: HOSTNAMES[stack],
    djangoPort,
    "tandem:policies": {
      levels: { "production-data": "disabled" },
      names: ["aiia", "storage", "pgdata", "redis_data"].map((what) => `${what}_${SUFFIX[stack]}`),
      ...ROOMY,
    },
  });
  project = await TestProject.create(
    { staging: settings("staging", 8001), production: settings("production", 8000) },
    "eduaiia",
  );
  for (const stack of STACKS) await up(stack);
});

afterAll(() => project.remove());

describe("eduaiia", () => {
  it("eduaiia: drift finds nothing that nobody did", async () => {
    await expectNoDrift(project, STACKS);
  });

  it("eduaiia: containers, networks and volumes bear the names of its document", async () => {
    expect(
      ["django", "postgres", "gateway", "pgbouncer", "redis", "network", "storage", "pgdata"].map((role) =>
        nameOf("prod", role),
      ),
    ).toEqual([
      "aiia_prod_django",
      "aiia_prod_postgresql",
      "aiia_prod_nginx",
      "aiia_prod_pgbouncer",
      "aiia_prod_redis",
      "aiia_prod_network",
      "storage_prod",
      "pgdata_prod",
    ]);
    for (const stack of STACKS) {
      const suffix = SUFFIX[stack];
      const { containers, networks, volumes } = await partsOf(project.name, stack);
      const services = ["django", "nginx", "pgbouncer", "postgresql", "redis"];
      const names = containers.map(({ name }) => name.replace(/(_django)-.*$/, "$1")).toSorted();
      expect(names).toEqual(services.map((service) => `aiia_${suffix}_${service}`));
      expect(networks.map(({ name }) => name)).toEqual([`aiia_${suffix}_network`]);
      expect(volumes).toEqual(
        expect.arrayContaining([`pgdata_${suffix}`, `redis_data_${suffix}`, `storage_${suffix}`]),
      );
    }
  });

  it("eduaiia: each network holds its own containers only", async () => {
    for (const stack of STACKS) {
      const { containers, networks } = await partsOf(project.name, stack);
      const info = (await docker.getNetwork(networks[0]?.id ?? "").inspect()) as {
        Containers: Record<string, { Name: string }>;
      };
      expect(
        Object.values(info.Containers)
          .map(({ Name }) => Name)
          .toSorted(),
      ).toEqual(containers.map(({ name }) => name).toSorted());
    }
  });

  it("eduaiia: each server lists only its own database", async () => {
    for (const stack of STACKS) expect(await databasesOf(stack)).toEqual([`aiia_${SUFFIX[stack]}`]);
  });

  it("eduaiia: the app is user aiia of its database, through pgbouncer", async () => {
    for (const stack of STACKS) {
      expect(await variable(stack, "DB_HOST")).toBe("pgbouncer");
      expect(await variable(stack, "DB_NAME")).toBe(`aiia_${SUFFIX[stack]}`);
      const url = new URL(await runIn(project.name, stack, "django", ["cat", "/run/secrets/DATABASE_URL"]));
      const pooler = `aiia_${SUFFIX[stack]}_pgbouncer`;
      expect([url.hostname, url.username]).toEqual([pooler, "aiia"]);
      const django = await containerOf(project.name, stack, "django");
      expect(await resolveFrom(django, "pgbouncer")).toBe(await resolveFrom(django, pooler));
      expect((await askTls(port(stack, "httpsPort"), HOSTNAMES[stack], "/ready")).status).toBe(200);
      const sql = `SELECT usename FROM pg_stat_activity WHERE datname = 'aiia_${SUFFIX[stack]}' AND usename = 'aiia' LIMIT 1`;
      const seen = await runIn(project.name, stack, "postgres", [
        "psql",
        "-XqAt",
        "-U",
        "postgres",
        "-c",
        sql,
      ]);
      expect(seen).toBe("aiia");
    }
  });

  it("eduaiia: psql goes to the server itself, and the owner's URL that tandem run gives does", async () => {
    const sql = "select current_user, current_setting('application_name')";
    const { stdout, stderr } = await piped(project, ["psql", "staging", "--", "-qXAt"], sql);
    expect(stdout.toString(), stderr).toBe("aiia|tandem psql\n");
    const cat = ["--as", "owner", "--entrypoint", "cat", "--", "/run/secrets/DATABASE_URL"];
    const owner = await piped(project, ["run", "staging", "django", ...cat]);
    const url = new URL(owner.stdout.toString());
    expect(url.username, owner.stderr).toMatch(/owner/);
    expect(url.hostname).toBe(`aiia_${SUFFIX.staging}_postgresql`);
    const migrate = await piped(project, ["run", "staging", "django", "--as", "owner", "--", "migrate"]);
    expect(migrate.exitCode, migrate.stderr).toBe(0);
  });

  it("eduaiia: what writes to production's rows asks before, and what has the service's rights doesn't", async () => {
    const asking = [
      ["exec", "production", "postgres", "--", "true"],
      ["run", "production", "django", "--as", "owner", "--", "migrate"],
    ];
    for (const command of asking) {
      const asked = await project.tandem(command);
      expect(asked).toMatchObject({ exitCode: 2, output: expect.stringContaining("add --yes") });
    }
    const told = await project.tandem(["exec", "production", "postgres", "--yes", "--", "true"]);
    expect(told.exitCode, told.output).toBe(0);
    const service = await project.tandem(["exec", "production", "django", "--", "true"]);
    expect(service.exitCode, service.output).toBe(0);
  });

  it("eduaiia: Django listens on 8000 in production and on 8001 in staging", async () => {
    expect([await variable("production", "PORT"), await variable("staging", "PORT")]).toEqual([
      "8000",
      "8001",
    ]);
  });

  it("eduaiia: gateway routes by name over TLS and redirects what comes without", async () => {
    const answers = async (stack: Stack, host: string) =>
      JSON.parse((await askTls(port(stack, "httpsPort"), host, "/version")).text);
    expect(await answers("staging", "staging.eduaiia.com")).toMatchObject({ environment: "staging" });
    for (const host of ["eduaiia.com", "www.eduaiia.com"]) {
      expect(await answers("production", host)).toMatchObject({ environment: "production" });
    }
    for (const [stack, other] of PAIRS) {
      const plain = await ask(port(stack, "hostPort"), HOSTNAMES[stack], "/version");
      expect(plain.status).toBe(308);
      expect(plain.headers.location).toMatch(new RegExp(`^https://${HOSTNAMES[stack]}(:\\d+)?/version$`));
      const stranger = await askTls(port(stack, "httpsPort"), HOSTNAMES[other], "/version").catch(
        () => undefined,
      );
      expect(stranger?.text ?? "").not.toContain("environment");
    }
  });

  it("eduaiia: SECRET_KEY and ALLOWED_HOSTS differ", async () => {
    const keys = await Promise.all(
      STACKS.map((stack) => runIn(project.name, stack, "django", ["cat", "/run/secrets/SECRET_KEY"])),
    );
    expect(keys[0]).toMatch(/^\w{50}$/);
    expect(keys[0]).not.toBe(keys[1]);
    expect(await variable("staging", "ALLOWED_HOSTS")).toBe("staging.eduaiia.com");
    expect(await variable("production", "ALLOWED_HOSTS")).toBe("eduaiia.com,www.eduaiia.com");
  });

  it("eduaiia: files in storage are each environment's own", async () => {
    const write = ["sh", "-c", "echo staging > /storage/note && cat /storage/note"];
    expect(await runIn(project.name, "staging", "django", write)).toBe("staging");
    expect(await runIn(project.name, "production", "django", ["ls", "-A", "/storage"])).not.toContain("note");
  });

  it.each(PAIRS)("eduaiia: %s can neither name nor reach anything of %s", async (own, other) => {
    await expectOutOfReach(project.name, own, "django", other);
  });

  it("eduaiia: tandem report makes a page of both environments", async () => {
    await expectWholePage(project);
  });

  it("eduaiia: parity, the two have nothing but the differences that the allow-list has", async () => {
    const { exitCode, output } = await project.tandem(["parity"]);
    expect(exitCode, output).toBe(0);
  });

  it("eduaiia: deploying and removing one leaves everything of the other as it was", async () => {
    const before = await snapshot(project.name, "production");
    const databases = await databasesOf("production");
    project.configure("staging", { logLevel: "debug" });
    await up("staging");
    expect(await snapshot(project.name, "production")).toEqual(before);
    const down = await project.tandem(["down", "staging", "--yes"]);
    expect(down.exitCode, down.output).toBe(0);
    expect(await snapshot(project.name, "production")).toEqual(before);
    expect(await databasesOf("production")).toEqual(databases);
    const { text } = await askTls(port("production", "httpsPort"), "eduaiia.com", "/ready");
    expect(JSON.parse(text)).toMatchObject({ ready: true });
  });
});
