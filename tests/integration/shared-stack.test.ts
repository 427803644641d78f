// The stack `shared` in all weathers: what comes and goes with an environment, what stays, who is refused.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listRestorePoints, makeRestorePoint } from "../../provider/postgres/restore-point.ts";
import { docker } from "../support/docker.ts";
import { long } from "../support/long-form.ts";
import { TestProject } from "../support/project.ts";
import { ask, eventually } from "../support/requests.ts";
import {
  answerOf,
  psqlAsAdmin,
  queryAs,
  redisAs,
  redisAsAdmin,
  refusals,
} from "../support/shared-servers.ts";
import { snapshot } from "../support/snapshot.ts";

type Stack = "staging" | "production";
let project: TestProject;

function notes(stack: Stack, text?: string) {
  const { hostPort, hostname } = project.config(stack);
  const body = text === undefined ? undefined : { text };
  return ask(Number(hostPort), String(hostname), "/api/notes", body);
}

async function up(stack: string): Promise<void> {
  const { exitCode, output } = await project.tandem(["up", stack, "--yes"]);
  expect(exitCode, output).toBe(0);
}

async function unchanged(stack: string): Promise<void> {
  for (const command of [
    ["preview", "-s", stack, "--expect-no-changes", "--diff"],
    ["refresh", "-s", stack, "--preview-only", "--expect-no-changes", "--diff"],
  ]) {
    const { exitCode, output } = await project.pulumi(command);
    expect(exitCode, output).toBe(0);
  }
}

/** Everything that must not change while something happens to staging. */
async function others(): Promise<unknown> {
  const roles =
    "SELECT string_agg(rolname || coalesce(rolpassword, ''), ' ' ORDER BY 1) FROM pg_authid WHERE rolname LIKE 'prod%';";
  return {
    production: await snapshot(project.name, "production"),
    shared: await sharedServers(),
    rows: (await notes("production")).text,
    roles: await psqlAsAdmin(project, roles),
    login: await redisAsAdmin(project, "ACL", "GETUSER", "production"),
  };
}

/** The shared servers. The time of Redis' volume is that of the last login made or removed: left out. */
async function sharedServers(): Promise<Record<string, string>> {
  const facts = await snapshot(project.name, "shared");
  delete facts[`volume ${project.name}_shared_redisdata`];
  return facts;
}

const DATABASES = ["staging_lugh", "prod_lugh"];
const roles = () =>
  psqlAsAdmin(project, "SELECT rolname FROM pg_roles WHERE rolname LIKE 'staging%' ORDER BY 1;");
const databases = () =>
  psqlAsAdmin(project, "SELECT datname FROM pg_database WHERE datname LIKE '%lugh%' ORDER BY 1;");

beforeAll(async () => {
  const quick = { watchSeconds: 0 };
  project = await TestProject.create({ staging: quick, production: quick }, "lugh");
  for (const stack of ["shared", "staging", "production"]) await up(stack);
  await notes("staging", "kept in staging");
  await notes("production", "kept in production");
  for (const stack of ["staging", "production"]) {
    const redis = await redisAs(project, stack);
    const prefix = String(project.config(stack).redisPrefix);
    expect(await answerOf(redis, "SET", `${prefix}kept`, stack)).toBe("OK");
    redis.disconnect();
  }
});

afterAll(() => project.remove());

describe("an environment on shared servers", () => {
  it("shows no change afterwards, by preview and by refresh, and neither does the shared stack", async () => {
    for (const stack of ["shared", "staging"]) await unchanged(stack);
  });

  it("hands out no secret, and keeps its own encrypted in its state", async () => {
    const shown = await project.pulumi(["stack", "export", "-s", "staging", "--show-secrets"]);
    const state = JSON.parse(shown.output) as {
      deployment: { resources: { type: string; inputs?: { password?: { plaintext: string } } }[] };
    };
    const admin = state.deployment.resources.find(({ type }) => type === "tandem:postgres:EnvironmentAdmin");
    const password = JSON.parse(admin?.inputs?.password?.plaintext ?? '""') as string;
    expect(password).toMatch(/^\w{32}$/);
    const file = (stack: string) =>
      readFileSync(join(project.home, "state/.pulumi/stacks", project.name, `${stack}.json`), "utf8");
    expect(file("staging")).not.toContain(password);
    expect(file("shared")).not.toContain(password);
    const outputs = await project.pulumi(["stack", "output", "-s", "shared", "--json"]);
    expect(outputs.output).not.toContain("secret");
  });

  it("can't take all connections, nor fill the disk with temporary files", async () => {
    const limits =
      "SELECT string_agg(rolname || ' ' || rolconnlimit, ', ' ORDER BY rolname) FROM pg_roles WHERE rolname ~ '^staging_lugh_(app|owner|readonly)';";
    expect(await psqlAsAdmin(project, limits)).toBe(
      "staging_lugh_app 30, staging_lugh_owner 6, staging_lugh_readonly 9",
    );
    const refused = await refusals(project, "staging", 40);
    expect(refused.length).toBeGreaterThanOrEqual(10);
    expect(refused[0]).toContain("too many connections for role");
    for (const attack of ["SET temp_file_limit = -1", "ALTER ROLE CURRENT_USER CONNECTION LIMIT -1"]) {
      await expect(queryAs(project, "staging", attack)).rejects.toThrow("permission denied");
    }
    expect(await psqlAsAdmin(project, "SHOW temp_file_limit;")).not.toBe("-1");
    expect((await notes("production")).status).toBe(200);
  });

  it("has what it runs without end ended, while the other serves", async () => {
    const query = queryAs(project, "staging", "SELECT count(*) FROM generate_series(1, 1e15)").catch(String);
    const redis = await redisAs(project, "staging");
    const script = answerOf(redis, "EVAL", "while true do end", 0);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    const end = await project.tandem(["end-queries", "staging", "--over", "2", "--yes"]);
    expect(end.exitCode, end.output).toBe(0);
    expect(end.output).toMatch(/staging_lugh_app \(process \d+\) is active since \d+ s/);
    expect(end.output).toContain("ended the script that ran");
    expect(end.output).not.toContain("generate_series");
    expect(await query).toContain("terminating connection");
    expect(String(await script)).toMatch(/script killed/i);
    redis.disconnect();
    expect((await notes("production")).status).toBe(200);
    const other = await redisAs(project, "production");
    expect(await answerOf(other, "GET", "prod:kept")).toBe("production");
    other.disconnect();
  });

  it("goes down alone, keeps its rows and keys, and finds them again", async () => {
    const before = await others();
    const down = await project.tandem(["down", "staging", "--yes"]);
    expect(down.exitCode, down.output).toBe(0);
    expect(await others()).toEqual(before);
    expect(await redisAsAdmin(project, "ACL", "GETUSER", "staging")).toBe("");
    expect((await databases()).split("\n")).toEqual(["prod_lugh", "staging_lugh"]);

    await up("staging");
    expect(await others()).toEqual(before);
    expect((await notes("staging")).text).toContain("kept in staging");
    const redis = await redisAs(project, "staging");
    expect(await answerOf(redis, "GET", "staging:kept")).toBe("staging");
    redis.disconnect();
  });

  long("finds its database again after a plain destroy, which leaves no administrator behind", async () => {
    const before = await others();
    const destroy = await project.pulumi(["destroy", "-s", "staging", "--yes", "--skip-preview"]);
    expect(destroy.exitCode, destroy.output).toBe(0);
    expect(await roles()).toBe("staging_lugh_app\nstaging_lugh_owner\nstaging_lugh_readonly");

    await up("staging");
    expect((await notes("staging")).text).toContain("kept in staging");
    expect(await others()).toEqual(before);
    await unchanged("staging");
  });

  it("can't be configured onto the other's database or keys", async () => {
    const own = project.config("staging");
    project.configure("staging", { database: "prod_lugh", redisPrefix: "prod:" });
    const preview = await project.tandem(["preview", "staging"]);
    expect(preview.exitCode).toBe(2);
    for (const key of ["database", "redisPrefix"]) expect(preview.output).toContain(`${project.name}:${key}`);
    expect(preview.output).toContain("each stack needs its own");
    project.configure("staging", own);
  });

  it("has its login narrowed again after somebody widened it by hand", async () => {
    await redisAsAdmin(project, "ACL", "SETUSER", "staging", "~*", "+@all");
    await psqlAsAdmin(
      project,
      "ALTER ROLE staging_lugh_admin SUPERUSER; GRANT pg_monitor TO staging_lugh_admin;",
    );
    const drift = await project.pulumi(["refresh", "-s", "staging", "--preview-only", "--expect-no-changes"]);
    expect(drift.exitCode).not.toBe(0);
    for (const name of ["redis-login", "postgres-admin"]) expect(drift.output).toContain(name);
    const fix = await project.pulumi(["up", "-s", "staging", "--refresh", "--yes", "--skip-preview"]);
    expect(fix.exitCode, fix.output).toBe(0);
    const redis = await redisAs(project, "staging");
    expect(await answerOf(redis, "GET", "prod:kept")).toMatch(/NOPERM/);
    redis.disconnect();
    const powers =
      "SELECT rolsuper, pg_has_role(oid, 'pg_monitor', 'MEMBER') FROM pg_roles WHERE rolname = 'staging_lugh_admin';";
    expect(await psqlAsAdmin(project, powers)).toBe("f|f");
  });
});

describe("shared servers", () => {
  long("keep the logins over a restart, and when their containers are replaced", async () => {
    await docker.getContainer(`${project.name}_shared_redis`).restart();
    const answers = async () => {
      const redis = await redisAs(project, "staging");
      const answer = await answerOf(redis, "GET", "staging:kept");
      redis.disconnect();
      return answer;
    };
    await eventually(answers, (answer) => answer === "staging");
    const limits = { redis: { memory: "200m" }, postgres: { memory: "400m" } };
    project.configure("shared", { serverLimits: limits });
    await up("shared");
    await eventually(answers, (answer) => answer === "staging");
    await eventually(
      () => notes("staging").then(({ text }) => text),
      (text) => text.includes("kept in staging"),
    );
    await unchanged("staging");
  });

  it("are not taken down while environments use them, by neither command", async () => {
    const before = await others();
    const down = await project.tandem(["down", "shared", "--yes"]);
    expect(down.exitCode).toBe(2);
    expect(down.output).toContain("production and staging use the servers of shared: nothing was touched");
    expect(down.output).toContain("./tandem down production, ./tandem down staging");
    const destroy = await project.pulumi(["destroy", "-s", "shared", "--yes", "--skip-preview"]);
    expect(destroy.exitCode).not.toBe(0);
    expect(destroy.output).toContain("nothing was removed");
    expect(await others()).toEqual(before);
  });

  it("lose one environment's data, and nothing else, by its down --delete-data", async () => {
    const server = `${project.name}_shared_postgres`;
    const points = () =>
      Promise.all(DATABASES.map((name) => listRestorePoints(docker, { containerId: server, name })));
    for (const name of DATABASES) await makeRestorePoint(docker, { containerId: server, name }, "seed");
    expect((await points()).map(({ length }) => length)).toEqual([1, 1]);
    const before = await others();
    const deletion = ["--delete-data", "--yes-delete-data-of", "staging"];
    const down = await project.tandem(["down", "staging", "--yes", ...deletion]);
    expect(down.exitCode, down.output).toBe(0);
    expect(await databases()).toBe("prod_lugh");
    expect(await roles()).toBe("");
    // A restore point is a whole copy of a database.
    expect((await points()).map(({ length }) => length)).toEqual([0, 1]);
    expect(await redisAsAdmin(project, "SCAN", "0", "COUNT", "10000")).not.toContain("staging:");
    expect(await others()).toEqual(before);
    expect(Object.keys(await snapshot(project.name, "staging"))).toEqual([]);
    await expect(queryAs(project, "production", "SELECT text FROM notes")).resolves.toMatchObject([
      { text: "kept in production" },
    ]);
  });

  long("keep the data of an environment that is down from being deleted with them", async () => {
    const down = await project.tandem(["down", "production", "--confirm", "production"]);
    expect(down.exitCode, down.output).toBe(0);
    const deletion = ["--delete-data", "--yes-delete-data-of", "shared"];
    const refused = await project.tandem(["down", "shared", "--yes", ...deletion]);
    expect(refused.exitCode).toBe(2);
    expect(refused.output).toContain("production has data on the servers of shared");
    const gone = await project.tandem(["down", "shared", "--yes"]);
    expect(gone.exitCode, gone.output).toBe(0);
    await up("shared");
    const kept = await psqlAsAdmin(project, "SELECT text FROM notes", "prod_lugh");
    expect(kept).toBe("kept in production");
    expect(await redisAsAdmin(project, "SCAN", "0", "COUNT", "10000")).toContain("prod:kept");
  });
});
