// The catalogue's images, and the contract of Redis and Caddy, official or stand-in: hardened containers, users, folders,
// entry points.
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describe as describeImages } from "../../setup/images/build.ts";
import { referenceOf } from "../../setup/images/catalog.ts";
import { buildImage } from "../../setup/images/engine.ts";
import { resolvePaths } from "../../setup/paths.ts";
import { removeLabelled, uniqueName } from "../support/docker.ts";
import { dockerCli, dockerOk, exitCodeOf, until } from "../support/docker-cli.ts";
import { hardened, startContainer } from "../support/hardened.ts";

const run = uniqueName("tandem-images-");
const label = `tandem.test=${run}`;
const password = randomBytes(12).toString("hex");
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

const start = (...args: Tail<typeof startContainer>) => startContainer({ run, label }, ...args);
type Tail<F> = F extends (first: never, ...rest: infer R) => unknown ? R : never;

afterAll(async () => removeLabelled(label));

describe("the catalogue", () => {
  it("is present, and a look at all images takes less than 0.2 s", async () => {
    const engine = { paths: resolvePaths(), env: process.env };
    await describeImages(engine, "all");
    const looks = [];
    let states = await describeImages(engine, "all");
    for (let look = 0; look < 5; look++) {
      const began = performance.now();
      states = await describeImages(engine, "all");
      looks.push(performance.now() - began);
    }
    // The quickest: what takes long by itself is slow each time.
    expect(Math.min(...looks)).toBeLessThan(200);
    expect(states.filter(({ kind }) => kind === "missing")).toEqual([]);
  });
});

describe("a build", () => {
  it("reaches nothing that listens on the host's 127.0.0.1", async () => {
    const listener = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    const { port } = listener.address() as AddressInfo;
    let reached = false;
    listener.on("connection", () => {
      reached = true;
    });
    const folder = mkdtempSync(join(tmpdir(), "tandem-build-"));
    const knock = `require('node:net').connect(${port},'127.0.0.1').on('connect',()=>process.exit(0)).on('error',(e)=>{console.log(e.code);process.exit(e.code==='ECONNREFUSED'?0:1)})`;
    writeFileSync(
      join(folder, "Dockerfile"),
      `FROM ${referenceOf("node")}\nRUN ["node", "-e", ${JSON.stringify(knock)}]\n`,
    );
    const said: string[] = [];
    const reference = `${run}:probe`;
    try {
      const engine = { paths: resolvePaths(), env: process.env };
      const [key, value] = label.split("=") as [string, string];
      await buildImage(
        engine,
        { folder, reference, labels: { [key]: value } },
        (line) => void said.push(line),
      );
    } finally {
      listener.close();
      rmSync(folder, { recursive: true, force: true });
      await dockerCli(["image", "rm", "--force", reference]);
    }
    expect(reached).toBe(false);
    // It did run, and came to its own loopback.
    expect(said.join("\n")).toContain("ECONNREFUSED");
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
