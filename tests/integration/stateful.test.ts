// StatefulService with a real MariaDB, in an environment and in production: rows that survive a new version, a guard on the volume,
// restore points by the service's own dump.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exec } from "../../provider/docker/containers.ts";
import { dumpService, restoreService } from "../../provider/dumps/service-dump.ts";
import { type KeptPoint, PointStore } from "../../provider/dumps/store.ts";
import { referenceOf } from "../../setup/images/catalog.ts";
import { docker } from "../support/docker.ts";
import { dockerOk } from "../support/docker-cli.ts";
import { long } from "../support/long-form.ts";
import { TestProgram } from "../support/program.ts";
import { ServerImages } from "../support/server-images.ts";
import { containerOf } from "../support/snapshot.ts";

let program: TestProgram;
let images: ServerImages;
let next: string;
const passwords: Record<string, string> = {};

const source = (image = referenceOf("mariadb"), more = "") => `
import * as pulumi from "@pulumi/pulumi";
import { Environment, StatefulService } from "tandem";
const environment = pulumi.getStack();
const env = new Environment(environment, { system: "$SYSTEM", environment, data: { protect: false } });
const limits = { cpus: 1, memoryMb: 384, pids: 200 };
const db = new StatefulService("db", {
  env, limits, preset: "mariadb", image: ${JSON.stringify(image)}, watch: { seconds: 1 }, restorePoints: 1,
  environment: { MARIADB_INITDB_SKIP_TZINFO: "1" }, ${more}
});
export const url = db.url;
`;

const db = (stack = "dev") => containerOf(program.system, stack, "db");

/** What MariaDB answers the application's login of a stack, asked by TCP as an application asks. */
async function sql(statement: string, at = "dev", login = at): Promise<string> {
  const client = ["mariadb", "--host=127.0.0.1", "--protocol=tcp", "--user=app", "--skip-column-names", "-e"];
  const environment = [`MYSQL_PWD=${passwords[login]}`];
  const words = [...client, statement];
  const { exitCode, stdout, output } = await exec(
    docker,
    await db(at),
    words,
    undefined,
    undefined,
    environment,
  );
  // The client warns of a password that it gets by a variable.
  return (exitCode === 0 ? stdout : output).trim();
}
const rows = () =>
  sql(`select group_concat(text order by id) from ${program.system.replaceAll("-", "_")}_dev.notes`);

async function up(stack: string): Promise<void> {
  const { exitCode, output } = await program.run("up", "--yes", "--skip-preview", "--stack", stack);
  if (exitCode !== 0) throw new Error(output);
}
async function passwordOf(stack: string): Promise<string> {
  const { output } = await program.run("stack", "output", "url", "--show-secrets", "--stack", stack);
  return /mysql:\/\/app:(\w{32})@db:3306\//.exec(output)?.[1] ?? "";
}

beforeAll(async () => {
  program = await TestProgram.create(source());
  images = new ServerImages(program.system);
  await program.addStack("production");
  const making = images.make("same mariadb");
  await Promise.all(["dev", "production"].map((stack) => up(stack)));
  for (const stack of ["dev", "production"]) passwords[stack] = await passwordOf(stack);
  next = await making;
});
afterAll(async () => {
  await program?.remove();
  await images?.remove();
});

describe("a MariaDB by its preset", () => {
  it("C6: serves its application's login, which has the database and no more, and lets nobody else in", async () => {
    const database = `${program.system.replaceAll("-", "_")}_dev`;
    expect(await sql(`create table ${database}.notes (id serial, text varchar(9)) engine = innodb`)).toBe("");
    expect(await sql(`insert into ${database}.notes (text) values ('one'), ('two')`)).toBe("");
    expect(await rows()).toBe("one,two");
    expect(await sql("create database other")).toContain("Access denied");
    expect(await sql("select user from mysql.user")).toContain("denied");
    const root = ["mariadb", "--host=127.0.0.1", "--protocol=tcp", "--user=root", "-e", "select 1"];
    expect((await exec(docker, await db(), root)).output).toContain("Access denied");
  });

  it("C6: takes no password of the other environment", async () => {
    expect(passwords.dev).not.toBe(passwords.production);
    expect(await sql("select 'in'", "production")).toBe("in");
    expect(await sql("select 'in'", "production", "dev")).toContain("Access denied");
  });

  it("C6: has its memory from its limit, no password among its variables, and shows no change", async () => {
    expect(await sql("select @@innodb_buffer_pool_size div 1048576")).toBe("192");
    const { Config } = await docker.getContainer(await db()).inspect();
    for (const password of Object.values(passwords)) expect(JSON.stringify(Config)).not.toContain(password);
    const { exitCode, output } = await program.tandem("drift", "dev");
    expect(exitCode, output).toBe(0);
  });

  it("C6: refuses a change that would put an empty folder or volume in the place of its data, or a login that is nowhere", async () => {
    const refusals: [string, RegExp][] = [
      [
        'data: { other: "/srv/mysql" }',
        /dbdata holds data, and this change would put an empty one in its place \(path from .*volume from/,
      ],
      ['login: { database: "other" }', /dbdata was made with 'login app, database .* would be nowhere/],
    ];
    for (const [change, words] of refusals) {
      program.write(source(undefined, change));
      const { exitCode, output } = await program.pulumi("preview");
      expect(exitCode, change).not.toBe(0);
      expect(output).toMatch(words);
    }
  });

  it("C6: keeps serving where its dump fails before a new version, and says why", async () => {
    const before = await db();
    const failing =
      'dump: { command: ["sh", "-c", "echo half; echo no disk >&2; exit 3"], restore: ["cat"] }';
    program.write(source(next, failing));
    const { exitCode, output } = await program.pulumi("up", "--yes", "--skip-preview");
    expect(exitCode).not.toBe(0);
    expect(output).toMatch(/the dump of db failed: no disk.*Nothing was touched/s);
    expect(await db()).toBe(before);
    expect(await rows()).toBe("one,two");
  });

  it("C6: has its rows with a new version, and a restore point of before that brings them back", async () => {
    const before = await db();
    program.write(source(next));
    await up("dev");
    expect(await db()).not.toBe(before);
    expect(await rows()).toBe("one,two");
    const database = `${program.system.replaceAll("-", "_")}_dev`;
    await sql(`delete from ${database}.notes where text = 'one'; create table ${database}.more (id int)`);
    const { exitCode, output } = await program.tandem("rollback", "dev", "--service", "db", "--yes");
    expect(exitCode, output).toBe(0);
    expect(await rows()).toBe("one,two");
    expect(await sql(`show tables from ${database}`)).toBe("notes");
    // What was there is kept, too.
    const listed = await program.tandem("dump", "dev", "db", "--list");
    expect(listed.output).toMatch(/-before-restore .*\n\d{8}-\d{6}-before-update {2}\S+ {2}\d+ KiB$/m);
    expect(output).toContain(/^\S+-before-restore/m.exec(listed.output)?.[0]);
  });

  it("C6: keeps dumps of any size whole, and its older ones where there is no room; gives back none that is damaged", async () => {
    const containerId = await db();
    const own = { service: "db", containerId, keep: 2 };
    // In memory, and held by a container, since it would be gone between two looks.
    const volume = `${program.system}_small`;
    const options = [
      "--driver",
      "local",
      "--opt",
      "type=tmpfs",
      "--opt",
      "device=tmpfs",
      "--opt",
      "o=size=12m",
    ];
    await dockerOk(["volume", "create", "--label", `tandem.system=${program.system}`, ...options, volume]);
    const hold = [
      "--label",
      `tandem.system=${program.system}`,
      "--network",
      "none",
      "--volume",
      `${volume}:/dumps`,
    ];
    const holder = await dockerOk(["run", "--detach", ...hold, referenceOf("mariadb"), "sleep", "300"]);
    const bytes = (count: number) => ["head", "-c", String(count), "/dev/urandom"];
    const place = { ...own, volume };
    const lock = `${volume}.open`;
    await dockerOk(["create", "--name", lock, ...hold.slice(0, 2), referenceOf("mariadb"), "never"]);
    // What a killed run leaves, and the command that the message has for it.
    await expect(dumpService(docker, place, bytes(9), "by-hand")).rejects.toThrow(`\`docker rm ${lock}\``);
    await dockerOk(["rm", lock]);
    const good = await dumpService(docker, place, bytes(9_000_000), "by-hand");
    expect(good.parts).toBe(3);
    await expect(dumpService(docker, place, bytes(9_000_000), "by-hand")).rejects.toThrow(/no space left/);
    await expect(dumpService(docker, place, ["true"], "by-hand")).rejects.toThrow("wrote nothing");
    const open = <T>(work: (store: PointStore) => Promise<T>) =>
      PointStore.with(docker, { volume, image: referenceOf("mariadb") }, work);
    const [kept, ...others] = await open((store) => store.list());
    expect(others).toEqual([]);
    expect(kept).toMatchObject(good);
    const counted = ["sh", "-c", "test $(wc -c) = 9000000"];
    await restoreService(docker, place, counted, kept as KeptPoint);
    await dockerOk([
      "exec",
      holder.trim(),
      "sh",
      "-c",
      // Eight bytes, since one may be there by chance.
      `printf damaged! | dd of=/dumps/slot-${kept?.slot}/part-000002 conv=notrunc`,
    ]);
    await expect(restoreService(docker, place, counted, kept as KeptPoint)).rejects.toThrow("is damaged");
  });

  long(
    "C6: has its rows, its passwords and its restore points after it was down",
    async () => {
      program.write(source());
      const database = `${program.system.replaceAll("-", "_")}_production`;
      await sql(
        `create table ${database}.notes (id serial); insert into ${database}.notes values (7)`,
        "production",
      );
      const made = await program.tandem("dump", "production", "db");
      expect(made.exitCode, made.output).toBe(0);
      const down = await program.tandem("down", "production", "--confirm", "production");
      expect(down.exitCode, down.output).toBe(0);
      await up("production");
      expect(await passwordOf("production")).toBe(passwords.production);
      expect(await sql(`select id from ${database}.notes`, "production")).toBe("7");
      const asked = await program.tandem("rollback", "production", "--service", "db");
      expect(asked.exitCode).not.toBe(0);
      expect(asked.output).toMatch(/this needs a confirmation.*add --yes/s);
      await sql(`drop table ${database}.notes`, "production");
      const back = await program.tandem("rollback", "production", "--service", "db", "--yes");
      expect(back.exitCode, back.output).toBe(0);
      expect(await sql(`select id from ${database}.notes`, "production")).toBe("7");
    },
    300_000,
  );
});
