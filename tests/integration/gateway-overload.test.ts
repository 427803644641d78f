// A gateway with far more asked of it than it has memory for: what is too much is turned away, and it lives on.
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { request } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { GATEWAY_COMMAND, GATEWAY_HEALTH, gatewayFiles } from "../../components/gateway-config.ts";
import { CONTAINER_TLS_PORT } from "../../components/gateway-entry.ts";
import { SERVER_LIMITS } from "../../infra/settings/limit-settings.ts";
import { accessLine } from "../../ops/deploy/release/access-log.ts";
import { containerStart } from "../../provider/container-start.ts";
import { route } from "../../provider/gateway/route.ts";
import { BACKEND, BACKEND_IMAGE } from "../support/backend.ts";
import { docker, removeLabelled, uniqueName } from "../support/docker.ts";
import { dockerOk } from "../support/docker-cli.ts";
import { context, createdContainer } from "../support/handlers.ts";
import { endless, rapidResets, unfinished } from "../support/hostile-requests.ts";
import { freePort } from "../support/project.ts";
import { ask, eventually } from "../support/requests.ts";

const run = uniqueName("tandem-test-");
const created = createdContainer(run, { "tandem.test": run });
const HOST = "app.localhost";
/** The least that a stack may give its gateway. */
const MEMORY_MB = 64;
/** What then may be under way at once: two for each MiB above the 32 of a gateway at rest. */
const MAX_REQUESTS = 64;
const WEBSOCKETS = 40;

let port: number;
let tlsPort: number;
let gateway: string;

async function start(spec: Parameters<typeof created>[0], rest: object) {
  const container = await created(spec);
  const inputs = { ...container, healthTimeoutSeconds: 60, running: true, ...rest };
  await containerStart.create({ inputs }, context());
  return container;
}

let upstream: string;

/** Starts a gateway with so much memory, and a route to the app: what follows is asked of this one. */
async function startGateway(memoryMb: number): Promise<void> {
  port = await freePort();
  tlsPort = await freePort();
  const caddy = {
    ...{ image: "caddy:2.11.9-alpine", user: "1000:1000", command: GATEWAY_COMMAND, health: GATEWAY_HEALTH },
    ...{ volumes: ["/config"], ports: { 8080: port, [CONTAINER_TLS_PORT]: tlsPort } },
    ...{ memoryMb, env: ["XDG_DATA_HOME=/tmp/data"] },
  };
  const { IPAM } = await docker.getNetwork(run).inspect();
  // This machine is a proxy that is believed: so there are as many clients as addresses that it names.
  const files = gatewayFiles({
    trustedProxies: [`${IPAM?.Config?.[0]?.Gateway}`],
    tls: { hostPort: tlsPort, hostnames: [HOST] },
  });
  gateway = (await start(caddy, { pids: 512, files })).containerId;
  const news = {
    ...{ gatewayId: gateway, routeName: "app", hostnames: [HOST], noindex: false, drainSeconds: 5 },
    upstreams: [upstream],
  };
  const checked = await route.check?.({ news, olds: {}, randomSeed: Buffer.alloc(0) }, context());
  await route.create({ inputs: checked?.inputs ?? {} }, context());
}

beforeAll(async () => {
  await docker.createNetwork({ Name: run, Labels: { "tandem.test": run } });
  // Answers slow requests after 8 s.
  const source = `process.env.VERSION = "1"; ${BACKEND.replace("? 1000 : 0", "? 8000 : 0")}`;
  const app = { image: BACKEND_IMAGE, user: "1000:1000", command: ["node", "-e", source] };
  upstream = `${(await start(app, { pids: 50 })).containerName}:8080`;
  await startGateway(MEMORY_MB);
});

afterAll(() => removeLabelled(`tandem.test=${run}`));

/** Address of another client each time. */
let clients = 0;
const anybody = () => `10.1.${(clients >> 8) & 255}.${clients++ & 255}`;

/** Opens WebSockets. @returns them, and what became of them: `open`, or the code of their end */
function webSockets(count: number) {
  const sockets = Array.from({ length: count }, () => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, {
      headers: { host: HOST, "x-forwarded-for": anybody() },
    });
    const seen = { socket, state: "opening" };
    socket.on("open", () => {
      seen.state = "open";
    });
    socket.on("error", () => undefined);
    socket.on("close", (code) => {
      seen.state = `closed with ${code}`;
    });
    return seen;
  });
  return { sockets, states: () => sockets.map(({ state }) => state) };
}

/** What a slow request gets: a status, or how its connection ended. */
async function slow(): Promise<string> {
  try {
    const answer = await request(`http://127.0.0.1:${port}/slow`, {
      headers: { host: HOST, "x-forwarded-for": anybody() },
      reset: true,
    });
    await answer.body.text();
    const again = answer.headers["retry-after"];
    return `${answer.statusCode}${again === undefined ? "" : ` again after ${again}`}`;
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}

const quick = async () => (await ask(port, HOST, "/version")).status;
const beginning = async () => {
  const { RestartCount, State } = await docker.getContainer(gateway).inspect();
  return { RestartCount, StartedAt: State.StartedAt, OOMKilled: State.OOMKilled };
};

it("answers as many requests as it has memory for, turns the others away, and keeps its WebSockets", async () => {
  const before = await beginning();
  const { sockets, states } = webSockets(WEBSOCKETS);
  await eventually(
    async () => states(),
    (now) => now.every((state) => state === "open"),
  );

  const waves = Array.from({ length: 5 }, async (_, wave) => {
    await sleep(wave * 500);
    return Promise.all(Array.from({ length: 100 }, slow));
  });
  await sleep(3_000);
  // Its own health doesn't hang on how much is asked of it.
  await dockerOk(["exec", gateway, ...GATEWAY_HEALTH]);
  const answers = (await Promise.all(waves)).flat();
  const count = (what: string) => answers.filter((answer) => answer === what).length;
  expect(new Set(answers)).toEqual(new Set(["200", "503 again after 2"]));
  expect(count("200")).toBeGreaterThanOrEqual(MAX_REQUESTS - WEBSOCKETS);
  expect(states()).toEqual(Array(WEBSOCKETS).fill("open"));
  expect(await beginning()).toEqual(before);
  expect(await quick()).toBe(200);
  for (const { socket } of sockets) socket.close();
  await eventually(
    async () => states(),
    (now) => now.every((state) => state.startsWith("closed")),
  );

  // Whoever was turned away is in the log that `tandem history` counts.
  const logged = async () => {
    const { stdout } = await execa("docker", ["logs", gateway]);
    const statuses = stdout.split("\n").flatMap((line) => accessLine(line)?.status ?? []);
    return [503, 200].map((wanted) => statuses.filter((status) => status === wanted).length);
  };
  const answered = [count("503 again after 2"), count("200") + 1];
  // Docker writes the last lines a moment after they were answered.
  await eventually(logged, (found) => found.join() === answered.join());
});

it("outlives more connections than it has files for, and serves once they are closed", async () => {
  const before = await beginning();
  const { sockets, states } = webSockets(WEBSOCKETS);
  await eventually(
    async () => states(),
    (now) => now.every((state) => state === "open"),
  );
  const idle: Socket[] = [];
  for (let count = 0; count < 1500; count++) {
    const socket = connect(port, "127.0.0.1");
    // Half a request: it is held until the rest comes.
    socket.on("error", () => undefined).write(`GET /version HTTP/1.1\r\nHost: ${HOST}\r\n`);
    idle.push(socket);
  }
  await sleep(3_000);
  expect(states()).toEqual(Array(WEBSOCKETS).fill("open"));
  for (const socket of idle) socket.destroy();
  await eventually(
    () => quick().catch(() => 0),
    (status) => status === 200,
  );
  expect(states()).toEqual(Array(WEBSOCKETS).fill("open"));
  expect(await beginning()).toEqual(before);
  for (const { socket } of sockets) socket.close();
});

/** What an honest client sees of ten quick requests and, where asked for, an upload of 2 MB: statuses, and the slowest answer. */
async function honest(upload: boolean): Promise<{ statuses: number[]; slowestMs: number }> {
  const client = anybody();
  const statuses: number[] = [];
  let slowestMs = 0;
  for (let count = 0; count < (upload ? 11 : 10); count++) {
    const begin = performance.now();
    const body = count === 10 ? Buffer.alloc(2_000_000, "x") : null;
    const answer = await request(`http://127.0.0.1:${port}/version`, {
      headers: { host: HOST, "x-forwarded-for": client },
      method: body === null ? "GET" : "POST",
      body,
    });
    await answer.body.text();
    statuses.push(answer.statusCode);
    slowestMs = Math.max(slowestMs, performance.now() - begin);
  }
  return { statuses, slowestMs };
}

describe("a gateway as a stack has it unless it says otherwise", () => {
  beforeAll(() => startGateway(Number.parseInt(SERVER_LIMITS.gateway.memory, 10)));

  it.each([
    ["one client sends 450 bodies that never end", () => "10.9.9.9", true],
    ["450 clients do", (at: number) => `10.8.${at >> 8}.${at & 255}`, false],
  ])("serves others while %s", async (_, client, upload) => {
    const before = await beginning();
    const bodies = Array.from({ length: 450 }, (_, at) => endless({ port, host: HOST }, at, client(at)));
    await sleep(1_000);
    const { statuses, slowestMs } = await honest(upload);
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(slowestMs).toBeLessThan(2_000);
    expect(await beginning()).toEqual(before);
    for (const socket of bodies) socket.destroy();
  });

  it("serves others while 400 connections send 900 KB of headers", async () => {
    const before = await beginning();
    const junk = Buffer.from(`X-Junk: ${"x".repeat(8_000)}\r\n`.repeat(112));
    const large = Array.from({ length: 400 }, () =>
      unfinished(port, ["GET /version HTTP/1.1", `Host: ${HOST}`], junk),
    );
    const ended = Promise.all(large.map((socket) => new Promise((resolve) => socket.once("close", resolve))));
    const { statuses } = await honest(false);
    expect(new Set(statuses)).toEqual(new Set([200]));
    // They aren't held.
    await ended;
    expect(await beginning()).toEqual(before);
  });

  it("serves others while one client begins HTTP/2 requests and cancels them at once", async () => {
    const before = await beginning();
    const cancelled = await rapidResets({ port: tlsPort, host: HOST }, 4);
    await sleep(1_000);
    const { statuses, slowestMs } = await honest(true);
    await sleep(2_000);
    expect(await cancelled()).toBeGreaterThan(5_000);
    expect(new Set(statuses)).toEqual(new Set([200]));
    // Its half of a CPU is all in use, so they wait their turn: up to 2.1 s at a load of 3, 4.8 s at a load of 10.
    expect(slowestMs).toBeLessThan(5_000);
    expect(await beginning()).toEqual(before);
  });
});
