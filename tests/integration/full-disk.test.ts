// A database whose volume has no room left, or whose restore points can't be kept or were damaged: what deploys and
// rollbacks do then, under load. The volume is one of a set size, in memory.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { AppVersions } from "../support/app-versions.ts";
import { failuresByReason, Load } from "../support/load.ts";
import { long } from "../support/long-form.ts";
import { type Outcome, TestProject } from "../support/project.ts";
import { ask } from "../support/requests.ts";
import { StackDatabase } from "../support/stack-database.ts";

const STACK = "production";
const VOLUME_MIB = 400;
const DATA = "/var/lib/postgresql/data";
/** Needs 70 MiB. Not logged: Postgres ends altogether where its own log finds no room. */
const LARGE =
  "-- Up Migration\nALTER TABLE notes ADD COLUMN mood text;\n" +
  "CREATE UNLOGGED TABLE moods AS SELECT id, repeat('x', 1000) AS mood FROM generate_series(1, 65000) AS id;\n";

let project: TestProject;
let versions: AppVersions;
let load: Load;
let database: StackDatabase;

/** Fills the volume but for this much. */
async function leave(mib: number): Promise<void> {
  const free = Number(await database.onServer(`df -Pm ${DATA} | awk 'NR == 2 { print $4 }'`));
  await database.onServer(`fallocate -l ${free - mib}M ${DATA}/filler`);
}

async function makeRoom(): Promise<void> {
  await database.onServer(`rm ${DATA}/filler`);
}

async function served(): Promise<string> {
  const { hostPort, hostname } = project.config(STACK);
  return (await ask(Number(hostPort), String(hostname), "/version")).json?.commit;
}

/** Runs `up`, under load: no request fails, and this version serves afterwards. */
async function up(image: string, then: string): Promise<Outcome> {
  project.configure(STACK, { image });
  load.take();
  const done = await project.tandem(["up", STACK]);
  const report = load.take();
  expect(failuresByReason(report)).toEqual({});
  expect(report.answered).toBeGreaterThan(50);
  expect(await served(), done.output).toBe(then);
  return done;
}

/** The same with the cause fixed. */
async function fixed(image: string, then: string): Promise<void> {
  const done = await up(image, then);
  expect(done.exitCode, done.output).toBe(0);
  const preview = await project.tandem(["preview", STACK, "--expect-no-changes"]);
  expect(preview.exitCode, preview.output).toBe(0);
}

/** Puts a program before the project's own that gives the database's volume a size. */
function limitVolume(): void {
  const file = join(project.folder, "Pulumi.yaml");
  const settings = parse(readFileSync(file, "utf8")) as { main: string };
  const main = join(project.folder, "limited-volume.ts");
  const driverOpts = { type: "tmpfs", device: "tmpfs", o: `size=${VOLUME_MIB}m,mode=1777` };
  writeFileSync(
    main,
    `import { runtime } from "@pulumi/pulumi";
import program from ${JSON.stringify(settings.main)};

export default () => {
  runtime.registerStackTransform(({ type, name, props, opts }) =>
    type === "docker:index/volume:Volume" && name === "postgres-server-data"
      ? { props: { ...props, driver: "local", driverOpts: ${JSON.stringify(driverOpts)} }, opts }
      : undefined,
  );
  return program();
};
`,
  );
  writeFileSync(file, stringify({ ...settings, main }));
}

beforeAll(async () => {
  project = await TestProject.create({ production: { restorePoints: 2, watchSeconds: 1 } });
  versions = new AppVersions(project.name);
  database = new StackDatabase(project, STACK);
  limitVolume();
  project.configure(STACK, { image: await versions.make("v1") });
  const first = await project.tandem(["up", STACK]);
  expect(first.exitCode, first.output).toBe(0);
  const { hostPort, hostname } = project.config(STACK);
  const [port, host] = [Number(hostPort), String(hostname)];
  for (const text of ["first", "second"]) await ask(port, host, "/api/notes", { text });
  load = new Load({ port, host, perSecond: 40, connections: 80, slowMs: 500, uploadBytes: 2 ** 20 });
  load.start();
});

afterAll(async () => {
  await load?.stop();
  await project?.remove();
  await versions?.remove();
});

describe("a volume without room for", () => {
  let image: string;

  it("the restore point stops the deploy before the migration", async () => {
    image = await versions.make("v2", { "0003_mood.sql": LARGE });
    const before = await database.checksum();
    await leave(3);
    const refused = await up(image, "v1");
    expect(refused.exitCode).not.toBe(0);
    expect(refused.output).toMatch(
      /No restore point could be made, so the migration was not run: .*the volume has \d+ KiB left, and the database has \d+ KiB[\s\S]*make room/,
    );
    expect(await database.sql("SELECT to_regclass('moods') IS NULL")).toBe("t");
    expect(await database.checksum()).toBe(before);
    expect(await database.restorePoints()).toEqual([]);
    expect(await database.onServer(`ls ${database.restorePointFolder}`)).toBe("");
    await makeRoom();
  });

  it("the migration ends it there, says so, and leaves rows and old version as they were", async () => {
    const before = await database.checksum();
    await leave(40);
    const failed = await up(image, "v1");
    expect(failed.exitCode).not.toBe(0);
    expect(failed.output).toMatch(/The migration '.*' ended with exit code 1/);
    expect(failed.output).toMatch(/No space left on device/);
    expect(failed.output).toMatch(/A disk is full: make room/);
    expect(await database.checksum()).toBe(before);
    expect(await database.restorePoints()).toHaveLength(1);
  });

  it("either is fixed by room and the same `up` again", async () => {
    await makeRoom();
    await fixed(image, "v2");
    expect(await database.sql("SELECT count(*) FROM moods")).toBe("65000");
  });
});

describe("restore points", () => {
  const folder = () => database.restorePointFolder;

  it("that are damaged are not restored: the rows stay as they are", async () => {
    const { hostPort, hostname } = project.config(STACK);
    await ask(Number(hostPort), String(hostname), "/api/notes", { text: "third" });
    const before = await database.checksum();
    const [point] = await database.restorePoints();
    const dump = `${folder()}/${point?.name}.dump`;
    const damage =
      "printf '\\377\\000\\377' | dd bs=1 seek=$(($(wc -c < \"$f\") / 2)) conv=notrunc status=none";
    await database.onServer(`f=${dump}; cp $f $f.whole; ${damage} of="$f"`);
    const refused = await project.tandem(["rollback", STACK, "--database", "--yes"]);
    expect(refused.exitCode).not.toBe(0);
    expect(refused.output).toMatch(new RegExp(`restore point ${point?.name} is damaged: its hash is not`));
    expect(await database.checksum()).toBe(before);
    const databases = "SELECT count(*) FROM pg_database WHERE datname LIKE '%restoring'";
    expect(await database.sql(databases)).toBe("0");
    // Whole again, it is restored: what refused it was the damage.
    await database.onServer(`mv ${dump}.whole ${dump}`);
    const restored = await project.tandem(["rollback", STACK, "--database", "--yes"]);
    expect(restored.output).toContain("What was there is kept");
    expect(await database.sql("SELECT count(*) FROM notes")).toBe("2");
  });

  long("that can't be written stop the deploy before the migration", async () => {
    const image = await versions.make("v3", {
      "0003_mood.sql": LARGE,
      "0004_more.sql": "-- Up Migration\nALTER TABLE notes ADD COLUMN more text;\n",
    });
    await database.onServer(`mv ${folder()} ${folder()}.aside; touch ${folder()}`);
    const refused = await up(image, "v2");
    expect(refused.exitCode).not.toBe(0);
    expect(refused.output).toMatch(/No restore point could be made, so the migration was not run: /);
    expect(refused.output).toContain("No container and no route was changed");
    expect(await database.sql("SELECT to_regclass('moods') IS NULL")).toBe("t");
    await database.onServer(`rm ${folder()}; mv ${folder()}.aside ${folder()}`);
    await fixed(image, "v3");
  });
});
