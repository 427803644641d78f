// The contract of the Postgres image, official or stand-in: what components rely on.
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { referenceOf } from "../../setup/images/catalog.ts";
import { removeLabelled, uniqueName } from "../support/docker.ts";
import { dockerCli, dockerOk, exitCodeOf, logsOf, stopSeconds, until } from "../support/docker-cli.ts";
import { hardened, startContainer } from "../support/hardened.ts";

const run = uniqueName("tandem-images-");
const label = `tandem.test=${run}`;
const password = randomBytes(12).toString("hex");
const start = (...args: Tail<typeof startContainer>) => startContainer({ run, label }, ...args);
type Tail<F> = F extends (first: never, ...rest: infer R) => unknown ? R : never;

afterAll(async () => removeLabelled(label));

describe("Postgres", () => {
  const image = referenceOf("postgres");
  const volume = `${run}-pgdata`;
  const options = [
    ...["--user", "postgres", "--tmpfs", "/var/run/postgresql", "--tmpfs", "/tmp", ...hardened],
    ...["-v", `${volume}:/var/lib/postgresql/data`],
    ...[
      "-e",
      "POSTGRES_PASSWORD_FILE=/run/secrets/password",
      "-e",
      "POSTGRES_USER=boss",
      "-e",
      "POSTGRES_DB=app",
    ],
    ...["-e", "POSTGRES_INITDB_ARGS=--data-checksums --auth-host=scram-sha-256 --auth-local=scram-sha-256"],
  ];
  const psql = (container: string, sql: string, user = "boss") =>
    dockerCli(
      [
        "exec",
        "-i",
        container,
        "sh",
        "-c",
        `PGPASSWORD=$(cat) exec psql -h 127.0.0.1 -U ${user} -d app -XAtc "$0"`,
        sql,
      ],
      password,
    );
  const ready = (container: string) =>
    until(
      "Postgres",
      async () =>
        (await dockerCli(["exec", container, "pg_isready", "-h", "127.0.0.1", "-U", "boss"])).code === 0,
    );
  let server = "";

  beforeAll(async () => {
    await dockerOk(["volume", "create", "--label", label, volume]);
    server = await start("pg", options, image, ["-c", "shared_buffers=64MB"], { password });
    await ready(server);
  });

  it("sets up a cluster with checksums, UTF-8 and the given database, and takes server options", async () => {
    const { stdout } = await psql(
      server,
      "SELECT current_setting('data_checksums'), current_setting('shared_buffers'), pg_encoding_to_char(encoding), datcollate, current_setting('server_version_num')::int / 10000 FROM pg_database WHERE datname = current_database()",
    );
    expect(stdout).toBe("on|64MB|UTF8|en_US.utf8|17");
  });

  it("has pgvector with hnsw", async () => {
    const { stdout, code } = await psql(
      server,
      "CREATE EXTENSION vector; CREATE TABLE v (e vector(2)); CREATE INDEX ON v USING hnsw (e vector_l2_ops); INSERT INTO v VALUES ('[0,0]'), ('[3,4]'); SELECT e <-> '[0,0]' FROM v ORDER BY 1 DESC LIMIT 1",
    );
    expect({ code, last: stdout.split("\n").at(-1) }).toEqual({ code: 0, last: "5" });
  });

  it("refuses a login without the password, over TCP and over the socket", async () => {
    for (const host of ["127.0.0.1", "/var/run/postgresql"]) {
      const args = ["exec", server, "psql", "-w", "-h", host, "-U", "boss", "-d", "app", "-c", "SELECT 1"];
      expect((await dockerCli(args)).stderr).toContain("no password supplied");
    }
  });

  it("keeps the password out of the log, the server's environment and the configuration", async () => {
    const environment = await dockerOk(["exec", server, "cat", "/proc/1/environ"]);
    const inspected = await dockerOk(["inspect", server]);
    expect(`${environment}${inspected}${await logsOf(server)}`).not.toContain(password);
  });

  it("runs as user 999 in folders of its own", async () => {
    expect(await dockerOk(["exec", server, "id", "-u"])).toBe("999");
    const owner = await dockerOk(["exec", server, "stat", "-c", "%u:%g %a", "/var/lib/postgresql/data"]);
    expect(owner).toBe("999:999 700");
  });

  it("stops cleanly within seconds and comes back with its data", async () => {
    const began = Date.now();
    await dockerOk(["stop", server]);
    expect(await stopSeconds(server, began)).toBeLessThan(5);
    expect(await exitCodeOf(server)).toBe(0);
    expect(await logsOf(server)).toContain("database system is shut down");
    await dockerOk(["start", server]);
    await ready(server);
    expect(await logsOf(server)).not.toContain("not properly shut down");
    expect((await psql(server, "SELECT count(*) FROM v")).stdout).toBe("2");
  });

  it("refuses to set up a cluster without a password", async () => {
    const container = await start(
      "pg-nopw",
      ["--user", "postgres", ...hardened, "--tmpfs", "/tmp"],
      image,
      [],
    );
    expect(await exitCodeOf(container)).toBe(1);
    expect(await logsOf(container)).toContain("POSTGRES_PASSWORD");
  });

  it("runs the files in /docker-entrypoint-initdb.d, starting as root and stepping down", async () => {
    const init = `${run}-initdb`;
    await dockerOk(["volume", "create", "--label", label, init]);
    const script =
      "printf 'CREATE TABLE seeded (id int);' > /d/1.sql; printf 'exit 0' > /d/2.txt; chmod -R a+rX /d";
    await dockerOk(["run", "--rm", "-v", `${init}:/d`, "--entrypoint", "sh", image, "-c", script]);
    const env = [
      "-e",
      "POSTGRES_PASSWORD_FILE=/run/secrets/password",
      "-e",
      "POSTGRES_USER=boss",
      "-e",
      "POSTGRES_DB=app",
    ];
    const container = await start(
      "pg-init",
      [...env, "-v", `${init}:/docker-entrypoint-initdb.d:ro`],
      image,
      [],
      { password },
    );
    await ready(container);
    expect((await psql(container, "SELECT count(*) FROM seeded")).stdout).toBe("0");
    expect(await dockerOk(["exec", container, "stat", "-c", "%u", "/proc/1"])).toBe("999");
  });

  it("runs as a user that the image doesn't know", async () => {
    const options = [
      "--user",
      "12345:12345",
      ...hardened,
      "--tmpfs",
      "/tmp",
      "--tmpfs",
      "/var/run/postgresql",
    ];
    const data = ["--tmpfs", "/var/lib/postgresql/data:uid=12345,gid=12345,mode=0700"];
    const env = [
      "-e",
      "POSTGRES_PASSWORD_FILE=/run/secrets/password",
      "-e",
      "POSTGRES_USER=boss",
      "-e",
      "POSTGRES_DB=app",
    ];
    const container = await start("pg-any", [...options, ...data, ...env], image, [], { password });
    await ready(container);
    expect((await psql(container, "SELECT 1")).stdout).toBe("1");
  });
});
