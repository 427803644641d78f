// Migrations, restore points, rollback and history: one environment of The Oracle through versions good and bad.
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { countTraffic } from "../../ops/deploy/release/access-log.ts";
import { type MigrationEntry, readEntries } from "../../provider/postgres/migrations/log.ts";
import { AppVersions, imageIdOf } from "../support/app-versions.ts";
import { docker } from "../support/docker.ts";
import { dockerOk, until } from "../support/docker-cli.ts";
import { Load } from "../support/load.ts";
import { SOAK } from "../support/long-form.ts";
import { type Outcome, TestProject } from "../support/project.ts";
import { ask } from "../support/requests.ts";
import { StackDatabase } from "../support/stack-database.ts";

const STACK = "production";
/** Has something to do, as migrations have: a rollback is spared that. */
const DESTRUCTIVE =
  "-- Up Migration\nALTER TABLE notes ADD COLUMN mood text;\nDELETE FROM notes;\n" +
  "CREATE TABLE moods AS SELECT id, md5(id::text) AS mood FROM generate_series(1, 1500000) AS id;\n" +
  "CREATE INDEX moods_mood ON moods (mood);\n-- Down Migration\nDROP TABLE notes;\n";
const BROKEN = "-- Up Migration\nCREATE TABLE halfway (id int);\nALTER TABLE nowhere ADD COLUMN x int;\n";

let project: TestProject;
let versions: AppVersions;
let database: StackDatabase;
/** Of the folder that everything here is deployed from. */
let commit: string;

async function commitServed(): Promise<string> {
  const { hostPort, hostname } = project.config(STACK);
  return (await ask(Number(hostPort), String(hostname), "/version")).json?.commit;
}

async function deploy(image: string): Promise<Outcome> {
  project.configure(STACK, { image });
  return await project.tandem(["up", STACK]);
}

/** Runs something while requests go on, none of which may fail. */
async function underLoad(work: () => Promise<Outcome>): Promise<Outcome> {
  const { hostPort, hostname } = project.config(STACK);
  const load = new Load({
    port: Number(hostPort),
    host: String(hostname),
    perSecond: 50,
    connections: 80,
    slowMs: 500,
    uploadEverySeconds: 2,
    uploadBytes: 2 ** 20,
  });
  load.start();
  const outcome = await work();
  const report = await load.stop();
  expect(report.failures).toEqual([]);
  expect(report.answered).toBeGreaterThan(50);
  return outcome;
}

function migrationLog(): MigrationEntry[] {
  return readEntries(join(project.home, "history", project.name, STACK, "migrations.jsonl"));
}

/** Makes the project's folder a repository with one commit. @returns its hash */
async function commitFolder(): Promise<string> {
  const git = async (...args: string[]) => (await execa("git", args, { cwd: project.folder })).stdout;
  await git("init", "--quiet");
  await git("add", "Pulumi.yaml");
  const author = ["-c", "user.name=Tester", "-c", "user.email=tester@example.com"];
  await git(...author, "commit", "--quiet", "--message", "The project");
  return await git("rev-parse", "HEAD");
}

beforeAll(async () => {
  project = await TestProject.create({ production: { restorePoints: 2 } });
  versions = new AppVersions(project.name);
  database = new StackDatabase(project, STACK);
  commit = await commitFolder();
  const first = await deploy(await versions.make("v1"));
  expect(first.exitCode, first.output).toBe(0);
});

afterAll(async () => {
  await project.remove();
  await versions.remove();
});

describe("the first deploy", () => {
  it("runs the migrations, warns of nothing, and makes no restore point of an empty database", async () => {
    expect(migrationLog()).toMatchObject([
      {
        result: "succeeded",
        service: "app",
        database: database.name,
        imageId: await imageIdOf(`${project.name}:v1`),
        command: ["migrate"],
        pending: ["0001_notes.sql", "0002_note_embeddings.sql"],
        findings: [],
      },
    ]);
    expect(migrationLog()[0]?.output.join("\n")).toContain("0002_note_embeddings");
    expect(await database.restorePoints()).toEqual([]);
  });
});

describe("a migration that destroys rows", () => {
  let before: string;
  let deployed: Outcome;

  beforeAll(async () => {
    const { hostPort, hostname } = project.config(STACK);
    for (const text of ["first", "second", "third"]) {
      await ask(Number(hostPort), String(hostname), "/api/notes", { text });
    }
    before = await database.checksum();
    const image = await versions.make("v2", { "0003_mood.sql": DESTRUCTIVE });
    deployed = await underLoad(() => deploy(image));
  });

  it("is warned of, with file, line and what to do, before it runs", () => {
    expect(deployed.exitCode, deployed.output).toBe(0);
    expect(deployed.output).toMatch(/migration destroys: 0003_mood\.sql:3: DELETE FROM notes/);
    const warned = deployed.output.indexOf("migration destroys");
    expect(warned).toBeLessThan(deployed.output.indexOf("migration |"));
    expect(deployed.output).not.toContain("drop-table");
    expect(migrationLog().at(-1)).toMatchObject({
      result: "succeeded",
      pending: ["0003_mood.sql"],
      findings: ["delete-without-where 0003_mood.sql:3"],
    });
  });

  it("has a restore point from before, readable by the server's user only", async () => {
    expect(await database.sql("SELECT count(*) FROM notes")).toBe("0");
    const [point, ...others] = await database.restorePoints();
    expect(others).toEqual([]);
    expect(point).toMatchObject({ database: database.name, tables: 2 });
    expect(migrationLog().at(-1)?.restorePoint).toBe(point?.name);
    const folder = database.restorePointFolder;
    const dump = `${folder}/${point?.name}.dump`;
    const listed = await database.onServer(`stat -c '%a %U %n' ${folder} ${dump}`);
    expect(listed).toBe(`700 postgres ${folder}\n600 postgres ${dump}`);
  });

  it("is undone by a rollback of the image, under load, without a failed request, in the long form in less time", async () => {
    const back = await underLoad(() => project.tandem(["rollback", STACK, "--yes"]));
    expect(back.exitCode, back.output).toBe(0);
    expect(await commitServed()).toBe("v1");
    expect(back.output).toMatch(/ok {4} .*\/ready/);
    // Beside another file, seconds tell little.
    if (SOAK) expect(back.seconds).toBeLessThan(deployed.seconds);
    // The migrations of v1 have run on this database before.
    expect(back.output).not.toContain("migration |");
    const file = readFileSync(project.stackFile(STACK), "utf8");
    expect(file).toMatch(
      new RegExp(`image: ${await imageIdOf(`${project.name}:v1`)} # ${project.name}:v1, version 1`),
    );
    const preview = await project.tandem(["preview", STACK, "--expect-no-changes"]);
    expect(preview.exitCode, preview.output).toBe(0);
  });

  it("is undone in the database by its restore point, down to the last row", async () => {
    await database.sql(`COMMENT ON DATABASE ${database.name} IS 'whose it is'`);
    const back = await project.tandem(["rollback", STACK, "--database", "--yes"]);
    expect(back.exitCode, back.output).toBe(0);
    expect(await database.checksum()).toBe(before);
    expect(await database.sql("SELECT string_agg(name, ',' ORDER BY name) FROM pgmigrations")).toBe(
      "0001_notes,0002_note_embeddings",
    );
    expect(
      await database.sql("SELECT datname FROM pg_database WHERE NOT datistemplate ORDER BY 1", "postgres"),
    ).toBe(`${database.name}\npostgres`);
    // What belongs to the database, and not to its rows, has come over.
    expect(
      await database.sql(
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()",
      ),
    ).toBe("whose it is");
    const { hostPort, hostname } = project.config(STACK);
    expect((await ask(Number(hostPort), String(hostname), "/api/notes", { text: "fourth" })).status).toBe(
      201,
    );
    const names = (await database.restorePoints()).map(({ name }) => name);
    expect(names).toHaveLength(2);
    expect(names[0]).toMatch(/before-restore$/);
  });

  it("leaves nothing that differs from the program but the migrations, which the next up runs again", async () => {
    const refresh = await project.pulumi([
      "refresh",
      "-s",
      STACK,
      "--preview-only",
      "--expect-no-changes",
      "--diff",
    ]);
    expect(refresh.output).toMatch(/~ tandem:docker:Migration[\s\S]*~ 1 to update/);
    expect(refresh.output).not.toMatch(/to create|to delete|to replace/);
    const runs = migrationLog().length;
    const up = await project.tandem(["up", STACK]);
    expect(up.exitCode, up.output).toBe(0);
    expect(up.output).toContain("no migration is pending");
    expect(migrationLog()).toHaveLength(runs + 1);
    expect(await project.tandem(["preview", STACK, "--expect-no-changes"])).toMatchObject({ exitCode: 0 });
  });
});

describe("a migration that fails", () => {
  it("leaves the old version serving, says where it stopped, and is in the log", async () => {
    const failed = await deploy(await versions.make("v3", { "0003_broken.sql": BROKEN }));
    expect(failed.exitCode).not.toBe(0);
    expect(failed.output).toMatch(/exit code 1[\s\S]*No container and no route was changed[\s\S]*nowhere/);
    expect(failed.output).toMatch(/Restore point \d{8}-\d{6}-before-migration has the rows/);
    expect(await commitServed()).toBe("v1");
    expect(await database.sql("SELECT to_regclass('halfway') IS NULL")).toBe("t");
    expect(migrationLog().at(-1)).toMatchObject({ result: "failed", pending: ["0003_broken.sql"] });
    expect(migrationLog().at(-1)?.output.join("\n")).toContain("nowhere");
    const log = join(project.home, "history", project.name, STACK, "migrations.jsonl");
    expect(statSync(log).mode & 0o077).toBe(0);
    // `keep` is 2: the oldest has gone.
    expect(await database.restorePoints()).toHaveLength(2);
  });

  it("is fixed by a rollback, which sets the stack file to what serves", async () => {
    const back = await project.tandem(["rollback", STACK, "--yes"]);
    expect(back.exitCode, back.output).toBe(0);
    expect(project.config(STACK).image).toBe(await imageIdOf(`${project.name}:v1`));
    expect(await commitServed()).toBe("v1");
  });
});

describe("the history", () => {
  it("tells of each version who, what, how long, with which result and migration", async () => {
    const { output } = await project.tandem(["history", STACK, "--json"]);
    const { versions: all } = JSON.parse(output);
    const told = all.map(
      (one: { number: number; result: string; rollbackTo?: number; migrations: MigrationEntry[] }) => [
        one.number,
        one.result,
        one.rollbackTo,
        one.migrations.map(({ result }) => result).join(),
      ],
    );
    expect(told).toEqual([
      [1, "succeeded", undefined, "succeeded"],
      [2, "succeeded", undefined, "succeeded"],
      [3, "succeeded", 1, ""],
      [4, "succeeded", undefined, "succeeded"],
      [5, "failed", undefined, "failed"],
      [6, "succeeded", 4, ""],
    ]);
    expect(all[2]).toMatchObject({ traffic: { failed: 0 }, names: { image: `${project.name}:v1` } });
    expect(all[2].traffic.requests).toBeGreaterThan(50);
    expect(all[0].by).toMatch(/@/);
    expect(all.map((one: { commit?: string }) => one.commit)).toEqual(Array(6).fill(commit));
    const table = await project.tandem(["history", STACK]);
    expect(table.output).toMatch(/rollback to 1/);
    expect(table.output).toContain(commit.slice(0, 8));
    expect(table.output).toMatch(/0 of \d+/);
  });

  it("counts as failed what the gateway could not get answered", async () => {
    const { hostPort, hostname } = project.config(STACK);
    const label = [`tandem.system=${project.name}`, "tandem.component=app"];
    const [app] = await docker.listContainers({ filters: JSON.stringify({ label }) });
    const from = Date.now() / 1000;
    await dockerOk(["stop", app?.Id ?? ""]);
    const lost = await ask(Number(hostPort), String(hostname), "/api/notes", { text: "lost" });
    expect(lost.status).toBeGreaterThanOrEqual(500);
    await dockerOk(["start", app?.Id ?? ""]);
    await until("the app", async () => (await commitServed()) === "v1");
    const traffic = async () =>
      (await countTraffic(docker, project.name, STACK, [{ from, to: Date.now() / 1000 }]))[0];
    await until("the log", async () => ((await traffic())?.requests ?? 0) > 1);
    expect((await traffic())?.failed).toBeGreaterThanOrEqual(1);
    expect(await countTraffic(docker, project.name, STACK, [{ from: 0, to: 1 }])).toEqual([undefined]);
  });

  it("lets one be chosen; what never served, or isn't there, is refused before anything is touched", async () => {
    for (const [flag, value, reason] of [
      ["--to", "5", /never served: it failed/],
      ["--to", "99", /no version 99/],
      ["--database", "20260101-000000-before-migration", /has no restore point 2026.*\n.*there are: \d{8}-/],
    ] as const) {
      const refused = await project.tandem(["rollback", STACK, flag, value, "--yes"]);
      expect(refused.exitCode).toBe(2);
      expect(refused.output).toMatch(reason);
    }
    const unasked = await project.tandem(["rollback", STACK, "--to", "2"]);
    expect(unasked.output).toContain("add --yes");
    expect(project.config(STACK).image).toBe(await imageIdOf(`${project.name}:v1`));
    const chosen = await project.tandem(["rollback", STACK, "--to", "2", "--yes"]);
    expect(chosen.exitCode, chosen.output).toBe(0);
    expect(await commitServed()).toBe("v2");
  });
});

describe("images of earlier versions", () => {
  it("go where no rollback needs them and nobody else has a name for them, once that is confirmed", async () => {
    const [v1, v2, foreign] = [`${project.name}:v1`, `${project.name}:v2`, `elsewhere-${project.name}:1`];
    const all = await project.tandem(["prune"]);
    expect(all, all.output).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining("nothing to remove"),
    });
    const asked = await project.tandem(["prune", "--keep", "1"]);
    expect(asked.exitCode, asked.output).toBe(2);
    expect(asked.output).toMatch(new RegExp(`${v1} .* goes`));
    expect(asked.output).toContain("add --yes");
    await dockerOk(["tag", v1, foreign]);
    try {
      const spared = await project.tandem(["prune", "--keep", "1", "--yes"]);
      expect(spared.output).toContain(`stays: it is ${foreign} too`);
    } finally {
      await dockerOk(["rmi", foreign]);
    }
    await imageIdOf(v1);

    const pruned = await project.tandem(["prune", "--keep", "1", "--yes"]);
    expect(pruned, pruned.output).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining("1 removed"),
    });
    await expect(imageIdOf(v1)).rejects.toThrow();
    await imageIdOf(v2);
    const gone = await project.tandem(["rollback", STACK, "--to", "1", "--yes"]);
    expect(gone.exitCode).not.toBe(0);
    expect(gone.output).toMatch(/choose another/);
    expect(await commitServed()).toBe("v2");
  });
});
