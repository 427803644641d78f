// The tandem provider's handlers on real containers.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BASE_CONFIG } from "../../components/gateway-config.ts";
import { adminPassword } from "../../provider/admin-password.ts";
import { containerStart } from "../../provider/container-start.ts";
import { exec, getFile, putFile } from "../../provider/containers.ts";
import { DockerHost } from "../../provider/docker-host.ts";
import { image } from "../../provider/image.ts";
import { migration } from "../../provider/migration.ts";
import { route } from "../../provider/route.ts";
import type { CallContext } from "../../toolchain/providers/shared/handler.ts";
import { docker, removeLabelled, uniqueName } from "../support/docker.ts";

const run = uniqueName("tandem-test-");
const label = `tandem.test=${run}`;
const labels = { "tandem.test": run };
const POSTGRES = "pgvector/pgvector:0.8.2-pg17-trixie";
const REDIS = "redis:7.2.11-bookworm";
const CADDY = "caddy:2.11.9-alpine";

interface Recorded extends CallContext<DockerHost> {
  lines: string[];
}

function context(): Recorded {
  const lines: string[] = [];
  return {
    client: new DockerHost(undefined),
    urn: "urn:test",
    name: "test",
    type: "test",
    signal: new AbortController().signal,
    timeoutSeconds: 0,
    log: (_severity, message) => lines.push(message),
    status: () => undefined,
    lines,
  };
}

/** A hardened container that isn't started, as the Docker provider makes it. */
async function created(options: {
  image: string;
  user: string;
  command: string[];
  health?: string[];
  volumes?: string[];
}) {
  const container = await docker.createContainer({
    name: `${run}-${uniqueName("c")}`,
    Image: options.image,
    Cmd: options.command,
    User: options.user,
    Labels: labels,
    Healthcheck: options.health === undefined ? undefined : { Test: ["CMD", ...options.health] },
    Volumes: Object.fromEntries((options.volumes ?? []).map((path) => [path, {}])),
    Env: ["POSTGRES_PASSWORD_FILE=/run/secrets/pw", "API_TOKEN=canary-in-environment"],
    HostConfig: {
      NetworkMode: run,
      ReadonlyRootfs: true,
      CapDrop: ["ALL"],
      CapAdd: ["NET_BIND_SERVICE"],
      SecurityOpt: ["no-new-privileges:true"],
      Tmpfs: { "/tmp": "", "/var/run/postgresql": "mode=1777" },
    },
  });
  const { Name } = await container.inspect();
  return { containerId: container.id, containerName: Name.slice(1) };
}

beforeAll(async () => {
  await docker.createNetwork({ Name: run, Labels: labels });
});

afterAll(() => removeLabelled(label));

describe("ContainerStart", () => {
  it("writes files into a read-only container, limits its pids, and waits for its health", async () => {
    const target = await created({
      image: POSTGRES,
      user: "postgres",
      command: ["postgres"],
      health: ["pg_isready", "-q", "-h", "127.0.0.1"],
      volumes: ["/run/secrets", "/var/lib/postgresql/data"],
    });
    const inputs = {
      ...target,
      pids: 99,
      healthTimeoutSeconds: 90,
      running: true,
      files: { "/run/secrets/pw": "first" },
    };
    const { outputs } = await containerStart.create({ inputs }, context());
    const facts = await docker.getContainer(target.containerId).inspect();
    expect(facts.HostConfig.PidsLimit).toBe(99);
    expect(await getFile(docker, target.containerId, "/run/secrets/pw")).toBe("first");
    expect((await exec(docker, target.containerId, ["pg_isready", "-h", "127.0.0.1"])).exitCode).toBe(0);

    await docker.getContainer(target.containerId).stop();
    const read = await containerStart.read?.({ id: target.containerId, outputs, inputs }, context());
    expect(read?.outputs.running).toBe(false);
    const diff = await containerStart.diff(
      { id: target.containerId, olds: read?.outputs ?? {}, oldInputs: inputs, news: inputs },
      context(),
    );
    expect(diff.changes).toEqual({ running: "update" });
    await containerStart.update?.(
      { id: target.containerId, olds: read?.outputs ?? {}, oldInputs: inputs, inputs },
      context(),
    );
    expect((await docker.getContainer(target.containerId).inspect()).State.Running).toBe(true);

    await adminPassword.create(
      { inputs: { containerId: target.containerId, username: "postgres", password: "second" } },
      context(),
    );
    const login = (password: string) =>
      exec(docker, target.containerId, [
        "env",
        `PGPASSWORD=${password}`,
        "psql",
        "-h",
        "127.0.0.1",
        "-U",
        "postgres",
        "-c",
        "select 1",
      ]);
    expect((await login("second")).exitCode).toBe(0);
  });

  it("stops a container that never gets healthy and tells its last log lines without secrets", async () => {
    const target = await created({
      image: REDIS,
      user: "redis",
      command: ["sh", "-c", "echo starting with $API_TOKEN; sleep 600"],
      health: ["false"],
    });
    const inputs = { ...target, pids: 20, healthTimeoutSeconds: 2, running: true };
    const failure = await Promise.resolve(containerStart.create({ inputs }, context())).catch(
      (error: Error) => error,
    );
    expect(failure).toBeInstanceOf(Error);
    expect(String(failure)).toContain("was not healthy within 2 s");
    expect(String(failure)).toContain("starting with [secret]");
    expect(String(failure)).not.toContain("canary-in-environment");
    expect((await docker.getContainer(target.containerId).inspect()).State.Running).toBe(false);
  });
});

describe("a health check that hangs", () => {
  it("does not hold the gate open", async () => {
    const target = await created({
      image: REDIS,
      user: "redis",
      command: ["sleep", "600"],
      health: ["sleep", "60"],
    });
    const inputs = { ...target, pids: 20, healthTimeoutSeconds: 2, running: true };
    const start = performance.now();
    await expect(Promise.resolve(containerStart.create({ inputs }, context()))).rejects.toThrow(
      /took longer than/,
    );
    expect(performance.now() - start).toBeLessThan(15_000);
  });
});

describe("Image", () => {
  it("resolves a local image at check and refuses one that can't be had, naming it", async () => {
    const request = { news: { reference: REDIS }, olds: {}, randomSeed: Buffer.alloc(0) };
    const checked = await image.check?.(request, context());
    expect(checked?.inputs.imageId).toBe((await docker.getImage(REDIS).inspect()).Id);
    const missing = { reference: "localhost:1/nothing/here:1.0" };
    await expect(Promise.resolve(image.create({ inputs: missing }, context()))).rejects.toThrow(
      /localhost:1\/nothing\/here:1.0/,
    );
  });
});

describe("Migration", () => {
  const spec = (command: string[], timeoutSeconds = 30) => ({
    containerName: `${run}_migration`,
    imageId: REDIS,
    command,
    user: "redis",
    environment: { OWNER_PASSWORD: "canary-of-migration" },
    files: { "/run/secrets/TOKEN": "from-a-file" },
    network: run,
    labels,
    timeoutSeconds,
    memoryMb: 64,
    cpus: 0.5,
    pids: 20,
  });

  it("streams what the command prints and removes its container", async () => {
    const ctx = context();
    const script = "echo one; cat /run/secrets/TOKEN; echo; echo $OWNER_PASSWORD; touch /x || true";
    const { outputs } = await migration.create({ inputs: spec(["sh", "-c", script]) }, ctx);
    expect(ctx.lines.join("\n")).toMatch(
      /one[\s\S]*from-a-file[\s\S]*\[secret\][\s\S]*Read-only file system/,
    );
    expect(outputs.durationMs).toBeGreaterThan(0);
    await expect(docker.getContainer(`${run}_migration`).inspect()).rejects.toThrow(/no such container/i);
  });

  it("fails with exit code and last lines", async () => {
    const failing = spec(["sh", "-c", "echo column is missing >&2; exit 3"]);
    await expect(Promise.resolve(migration.create({ inputs: failing }, context()))).rejects.toThrow(
      /exit code 3[\s\S]*old version keeps serving[\s\S]*column is missing/,
    );
  });

  it("kills a command at its time limit", async () => {
    const hanging = spec(["sleep", "60"], 1);
    await expect(Promise.resolve(migration.create({ inputs: hanging }, context()))).rejects.toThrow(
      /time limit of 1 s/,
    );
  });

  it("lets a run that was left behind finish first", async () => {
    const left = await docker.createContainer({
      name: `${run}_migration`,
      Image: REDIS,
      Cmd: ["sleep", "2"],
      Labels: labels,
      HostConfig: { NetworkMode: run },
    });
    await left.start();
    const ctx = context();
    await migration.create({ inputs: spec(["true"]) }, ctx);
    expect(ctx.lines.join("\n")).toContain("still runs; waiting for its end");
  });
});

describe("Route", () => {
  const routed = { routeName: "app", hostnames: ["app.localhost"], noindex: true };
  let gateway: { containerId: string; containerName: string };

  async function backend(body: string): Promise<string> {
    const command = ["caddy", "respond", "--listen", ":8080", "--body", body];
    const target = await created({ image: CADDY, user: "1000:1000", command });
    const inputs = { ...target, pids: 50, healthTimeoutSeconds: 20, running: true };
    await containerStart.create({ inputs }, context());
    return `${target.containerName}:8080`;
  }

  async function checked(inputs: object) {
    const news = { gatewayId: gateway.containerId, ...routed, ...inputs };
    return (
      (await route.check?.({ news, olds: {}, randomSeed: Buffer.alloc(0) }, context())) ?? {
        inputs: {},
        failures: [],
      }
    );
  }

  async function get(host: string): Promise<string> {
    const url = "http://127.0.0.1:8080/";
    const command = ["wget", "-S", "-q", "-O", "-", "--header", `Host: ${host}`, url];
    return (await exec(docker, gateway.containerId, command)).output;
  }

  beforeAll(async () => {
    gateway = await created({
      image: CADDY,
      user: "1000:1000",
      command: ["caddy", "run", "--config", "/config/Caddyfile", "--adapter", "caddyfile"],
      health: ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:2019/config/admin"],
      volumes: ["/config"],
    });
    const files = { "/config/Caddyfile": BASE_CONFIG };
    const inputs = { ...gateway, pids: 50, healthTimeoutSeconds: 20, running: true, files };
    await containerStart.create({ inputs }, context());
  });

  it("adds, moves and removes a route", async () => {
    const first = (await checked({ upstreams: [await backend("from-a")] })).inputs;
    const { outputs } = await route.create({ inputs: first }, context());
    const answer = await get("app.localhost");
    expect(answer).toContain("from-a");
    expect(answer).toMatch(/X-Robots-Tag: noindex/i);
    const second = (await checked({ upstreams: [await backend("from-b")] })).inputs;
    await route.update?.({ id: "app", olds: outputs, oldInputs: first, inputs: second }, context());
    expect(await get("app.localhost")).toContain("from-b");
    await route.delete({ id: "app", outputs: second, inputs: second }, context());
    expect(await get("app.localhost")).toContain("404");
  });

  it("keeps the other routes when the gateway refuses one", async () => {
    const kept = (await checked({ upstreams: [await backend("kept")] })).inputs;
    await route.create({ inputs: kept }, context());
    const clash = (await checked({ routeName: "clash", upstreams: ["nobody:1"] })).inputs;
    await expect(Promise.resolve(route.create({ inputs: clash }, context()))).rejects.toThrow(
      /refuses the route 'clash'/,
    );
    expect(await get("app.localhost")).toContain("kept");
    expect(await getFile(docker, gateway.containerId, "/config/routes/clash.caddy")).toBeUndefined();
  });

  it("sees a route that was changed or removed by hand", async () => {
    const inputs = (await checked({ upstreams: ["nobody:1"] })).inputs;
    const { outputs } = await route.create({ inputs }, context());
    const path = "/config/routes/app.caddy";
    await putFile(docker, gateway.containerId, path, "# changed by hand\n");
    const seen = await route.read?.({ id: "app", outputs, inputs }, context());
    const diff = await route.diff(
      { id: "app", olds: seen?.outputs ?? {}, oldInputs: inputs, news: inputs },
      context(),
    );
    expect(diff.changes).toEqual({ configHash: "update" });
    await route.delete({ id: "app", outputs, inputs }, context());
    expect(await route.read?.({ id: "app", outputs, inputs }, context())).toBeUndefined();
  });

  it("refuses what is no hostname, upstream or hash before anything is touched", async () => {
    const { failures } = await checked({
      hostnames: ["a b", "x{y}"],
      upstreams: ["no-port"],
      basicAuthUser: "team",
      basicAuthHash: "plain",
    });
    expect(failures.map(({ property }) => property)).toEqual([
      "hostnames",
      "hostnames",
      "upstreams",
      "basicAuthHash",
    ]);
  });
});
