// The contract of the images that stacks are built on, whether official or stand-in: hardened containers, users,
// folders, variables, entry points.
import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describe as describeImages } from "../../toolchain/images/build.ts";
import { referenceOf } from "../../toolchain/images/catalog.ts";
import { resolvePaths } from "../../toolchain/paths.ts";
import { removeLabelled, uniqueName } from "../support/docker.ts";
import { dockerCli, dockerOk, exitCodeOf, logsOf, until } from "../support/docker-cli.ts";

const run = uniqueName("tandem-images-");
const label = `tandem.test=${run}`;
const hardened = ["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"];
const password = randomBytes(12).toString("hex");
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** A container that was made, given files, then started: no secret is in its configuration or on a command line. */
async function start(
  name: string,
  options: readonly string[],
  image: string,
  command: readonly string[],
  secrets: Readonly<Record<string, string>> = {},
): Promise<string> {
  const container = `${run}-${name}`;
  const volume = `${container}-secrets`;
  await dockerOk(["volume", "create", "--label", label, volume]);
  const asRoot = ["run", "--rm", "-i", "--user", "0:0", "--network", "none", "-v", `${volume}:/secrets`];
  for (const [file, text] of Object.entries(secrets)) {
    await dockerOk(
      [...asRoot, "--entrypoint", "sh", image, "-c", `cat > /secrets/${file}; chmod 644 /secrets/${file}`],
      text,
    );
  }
  const mount = ["-v", `${volume}:/run/secrets:ro`];
  const args = ["run", "-d", "--name", container, "--label", label, ...mount, ...options, image, ...command];
  await dockerOk(args);
  return container;
}

afterAll(async () => removeLabelled(label));

describe("the catalogue", () => {
  it("is present, and a look at all images takes less than 0.2 s", async () => {
    const engine = { paths: resolvePaths(), env: process.env };
    await describeImages(engine);
    const began = performance.now();
    const states = await describeImages(engine);
    expect(performance.now() - began).toBeLessThan(200);
    expect(states.filter(({ kind }) => kind === "missing")).toEqual([]);
  });
});

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
    expect(Date.now() - began).toBeLessThan(5_000);
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

describe("Redis", () => {
  const image = referenceOf("redis");
  const volume = `${run}-redisdata`;
  const acl = [
    "user default off",
    `user app on #${sha256(password)} ~* &* +@all -@admin -@dangerous +info`,
    `user own on #${sha256(password)} resetkeys resetchannels ~own:* &own:* +@all -@admin -@dangerous +info`,
    "",
  ].join("\n");
  const cli = (container: string, user: string, ...command: string[]) =>
    dockerCli(
      [
        "exec",
        "-i",
        container,
        "sh",
        "-c",
        `REDISCLI_AUTH=$(cat) exec redis-cli --no-auth-warning --user "$0" "$@"`,
        user,
        ...command,
      ],
      password,
    );
  let server = "";

  beforeAll(async () => {
    await dockerOk(["volume", "create", "--label", label, volume]);
    const options = ["--user", "redis", ...hardened, "-v", `${volume}:/data`];
    const command = ["redis-server", "--aclfile", "/run/secrets/users.acl", "--appendonly", "yes"];
    const memory = ["--maxmemory", "64mb", "--maxmemory-policy", "noeviction"];
    server = await start("redis", options, image, [...command, ...memory], { "users.acl": acl });
    await until("Redis", async () => (await cli(server, "app", "ping")).stdout === "PONG");
  });

  it("lets nobody in without a login, and each user do only what the ACL says", async () => {
    expect((await dockerCli(["exec", server, "redis-cli", "get", "x"])).stdout).toContain("NOAUTH");
    expect((await cli(server, "app", "set", "x", "1")).stdout).toBe("OK");
    expect((await cli(server, "app", "flushall")).stdout).toContain("NOPERM");
    expect((await cli(server, "own", "get", "x")).stdout).toContain("NOPERM");
    expect((await cli(server, "app", "info", "memory")).stdout).toContain("maxmemory_policy:noeviction");
  });

  it("answers from another container: protected mode is off", async () => {
    const args = ["run", "--rm", "-i", "--network", `container:${server}`, "--entrypoint", "sh", image, "-c"];
    const script = `REDISCLI_AUTH=$(cat) redis-cli --no-auth-warning -h "$(hostname -i)" --user app ping`;
    expect(await dockerOk([...args, script], password)).toBe("PONG");
  });

  it("stops cleanly and keeps what was written", async () => {
    await dockerOk(["stop", server]);
    expect(await exitCodeOf(server)).toBe(0);
    await dockerOk(["start", server]);
    await until("Redis", async () => (await cli(server, "app", "get", "x")).stdout === "1");
    expect(await dockerOk(["exec", server, "stat", "-c", "%u:%g", "/data/appendonlydir"])).toBe("999:999");
  });

  it("takes options alone for redis-server and steps down from root", async () => {
    const container = await start("redis-root", [], image, ["--port", "7000"]);
    const ping = ["exec", container, "redis-cli", "-p", "7000", "ping"];
    await until("Redis", async () => (await dockerCli(ping)).stdout === "PONG");
    expect(await dockerOk(["exec", container, "stat", "-c", "%u", "/proc/1"])).toBe("999");
  });
});

describe("Caddy", () => {
  const image = referenceOf("caddy");
  const config = (answer: string) => `{\n  auto_https off\n}\n:8080 {\n  respond "${answer}"\n}\n`;
  const folders = [
    "--tmpfs",
    "/config:uid=1000",
    "--tmpfs",
    "/data:uid=1000",
    "--tmpfs",
    "/etc/caddy:uid=1000",
  ];
  const user = ["--user", "1000:1000", ...hardened];
  const get = async (container: string) =>
    (await dockerCli(["exec", container, "wget", "-q", "-O", "-", "http://127.0.0.1:8080/"])).stdout;

  it("serves as any user, and takes a new configuration while it runs", async () => {
    const command = ["caddy", "run", "--config", "/run/secrets/Caddyfile", "--adapter", "caddyfile"];
    const options = [...user, "--cap-add", "NET_BIND_SERVICE", ...folders];
    const server = await start("caddy", options, image, command, { Caddyfile: config("one") });
    await until("Caddy", async () => (await get(server)) === "one");
    await dockerOk(["exec", "-i", server, "sh", "-c", "cat > /etc/caddy/Caddyfile"], config("two"));
    await dockerOk(["exec", server, "caddy", "reload", "--config", "/etc/caddy/Caddyfile"]);
    expect(await get(server)).toBe("two");
    expect(
      (await dockerCli(["exec", server, "wget", "-q", "--spider", "http://127.0.0.1:1/"])).code,
    ).not.toBe(0);
    await dockerOk(["stop", server]);
    expect(await exitCodeOf(server)).toBe(0);
  });

  it("knows its version and has the settings that gateways use", async () => {
    const call = ["run", "--rm", "-i", ...user, "--cap-add", "NET_BIND_SERVICE", "--network", "none", image];
    expect(await dockerOk([...call, "caddy", "version"])).toMatch(/^v2\.(\d{2,}|[7-9])\./);
    const proxy = ":8080 {\n\treverse_proxy app:8080 {\n\t\tstream_close_delay 5m\n\t}\n}\n";
    const adapted = await dockerOk(
      [...call, "caddy", "adapt", "--config", "/dev/stdin", "--adapter", "caddyfile"],
      proxy,
    );
    expect(adapted).toContain("stream_close_delay");
  });
});
