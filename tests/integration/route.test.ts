// Routes on a real gateway: what a move and a reload do to the requests of that moment.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GATEWAY_COMMAND, GATEWAY_HEALTH, gatewayFiles } from "../../components/gateway-config.ts";
import type { Properties } from "../../lib/plugin/values.ts";
import { containerStart } from "../../provider/container-start.ts";
import { exec, getFile } from "../../provider/containers.ts";
import { route } from "../../provider/route.ts";
import { docker, removeLabelled, uniqueName } from "../support/docker.ts";
import { context, createdContainer } from "../support/handlers.ts";
import { failuresByReason, Load } from "../support/load.ts";
import { freePort } from "../support/project.ts";
import { ask, eventually } from "../support/requests.ts";

const run = uniqueName("tandem-test-");
const labels = { "tandem.test": run };
const created = createdContainer(run, labels);
const CADDY = "caddy:2.11.9-alpine";
const NODE = "node:24.21.0-trixie-slim";
const HOST = "app.localhost";

/** Answers as the example app does, says who it is, and when stopped ends at once, whatever is under way. */
const BACKEND = `
const { createHash } = require("node:crypto");
require("node:http").createServer((request, response) => {
  const hash = createHash("sha256");
  const answer = () => response.end(JSON.stringify({ version: process.argv[1], waitedMs: 1000, sha256: hash.digest("hex") }));
  request.on("data", (chunk) => hash.update(chunk));
  request.on("end", () => setTimeout(answer, request.url.startsWith("/slow") ? 1000 : 0));
}).listen(8080);
`;

let port: number;
let gateway: { containerId: string; containerName: string };

/** Starts a container. @returns its address on the network */
async function backend(version: string): Promise<string> {
  const target = await created({ image: NODE, user: "1000:1000", command: ["node", "-e", BACKEND, version] });
  const inputs = { ...target, pids: 50, healthTimeoutSeconds: 20, running: true };
  await containerStart.create({ inputs }, context());
  return `${target.containerName}:8080`;
}

async function checked(
  inputs: object,
): Promise<{ inputs: Properties; failures: readonly { property: string }[] }> {
  const common = { gatewayId: gateway.containerId, routeName: "app", hostnames: [HOST], noindex: true };
  const news = { ...common, drainSeconds: 20, ...inputs };
  const result = await route.check?.({ news, olds: {}, randomSeed: Buffer.alloc(0) }, context());
  return { inputs: result?.inputs ?? {}, failures: result?.failures ?? [] };
}

async function move(to: object): Promise<Properties> {
  const { inputs } = await checked(to);
  await route.update?.({ id: "app", olds: {}, oldInputs: {}, inputs }, context());
  return inputs;
}

const version = async (host = HOST) =>
  (await ask(port, host, "/version")).json?.version as string | undefined;
const stop = (address: string) => docker.getContainer(address.split(":")[0] ?? "").remove({ force: true });

beforeAll(async () => {
  await docker.createNetwork({ Name: run, Labels: labels });
  port = await freePort();
  gateway = await created({
    image: CADDY,
    user: "1000:1000",
    command: GATEWAY_COMMAND,
    health: GATEWAY_HEALTH,
    volumes: ["/config"],
    ports: { 8080: port },
  });
  const inputs = { ...gateway, pids: 128, healthTimeoutSeconds: 20, running: true, files: gatewayFiles({}) };
  await containerStart.create({ inputs }, context());
});

afterAll(() => removeLabelled(`tandem.test=${run}`));

describe("a route", () => {
  it("is added, moved and removed", async () => {
    const first = (await checked({ upstreams: [await backend("a")] })).inputs;
    await route.create({ inputs: first }, context());
    const answer = await ask(port, HOST, "/version");
    expect(answer.json.version).toBe("a");
    expect(answer.headers["x-robots-tag"]).toBe("noindex, nofollow");
    const second = await move({ upstreams: [await backend("b")], noindex: false });
    expect(await version()).toBe("b");
    expect((await ask(port, HOST, "/version")).headers["x-robots-tag"]).toBeUndefined();
    await route.delete({ id: "app", outputs: second, inputs: second }, context());
    expect((await ask(port, HOST, "/version")).status).toBe(404);
    const left = await exec(docker, gateway.containerId, ["ls", "/config/upstreams", "/config/routes"]);
    expect(left.output).not.toMatch(/app/);
  });

  it("that the gateway refuses is taken back, and the others stay", async () => {
    const upstreams = [await backend("kept")];
    await move({ upstreams });
    const clash = (await checked({ routeName: "clash", upstreams })).inputs;
    await expect(Promise.resolve(route.create({ inputs: clash }, context()))).rejects.toThrow(
      /refuses the route 'clash'/,
    );
    expect(await version()).toBe("kept");
    expect(await getFile(docker, gateway.containerId, "/config/routes/clash.caddy")).toBeUndefined();
  });

  it("that would lead to where nobody listens stays where it is", async () => {
    const before = await version();
    await expect(move({ upstreams: ["nobody:1"] })).rejects.toThrow(/stays where it is: nobody:1/);
    expect(await version()).toBe(before);
  });

  it("that was changed or removed by hand shows at the next look", async () => {
    const inputs = await move({ upstreams: [await backend("by program")] });
    const byHand = ["sh", "-c", "echo elsewhere:1 > /config/upstreams/app.1"];
    // As root, and a file of root's own: what the gateway's user may not do.
    await exec(docker, gateway.containerId, ["rm", "/config/upstreams/app.1"], undefined, "0:0");
    await exec(docker, gateway.containerId, byHand, undefined, "0:0");
    const seen = await route.read?.({ id: "app", outputs: inputs, inputs }, context());
    const diff = await route.diff(
      { id: "app", olds: seen?.outputs ?? {}, oldInputs: inputs, news: inputs },
      context(),
    );
    expect(diff.changes).toEqual({ configHash: "update" });
    await route.delete({ id: "app", outputs: inputs, inputs }, context());
    expect(await route.read?.({ id: "app", outputs: inputs, inputs }, context())).toBeUndefined();
  });

  it("is refused before anything is touched when it holds what is no name, hostname, upstream or hash", async () => {
    const { failures } = await checked({
      routeName: "../app",
      hostnames: ["a b", "x{y}"],
      upstreams: ["no-port"],
      basicAuthUser: "team",
      basicAuthHash: "plain",
    });
    expect(failures.map(({ property }) => property)).toEqual([
      "routeName",
      "hostnames",
      "hostnames",
      "upstreams",
      "basicAuthHash",
    ]);
  });

  it("is known to a gateway that was restarted, also one that was killed amid a change", async () => {
    await move({ upstreams: [await backend("still here")] });
    await docker.getContainer(gateway.containerId).restart({ t: 10 });
    const answer = () => version().catch(() => undefined);
    expect(await eventually(answer, (seen) => seen !== undefined)).toBe("still here");
    // The file is there and not in force, as after a kill between the two.
    const inputs = await move({ upstreams: [await backend("hidden")] });
    await exec(docker, gateway.containerId, ["sh", "-c", "echo old > /tmp/loaded"]);
    await route.update?.({ id: "app", olds: inputs, oldInputs: inputs, inputs }, context());
    const loaded = await exec(docker, gateway.containerId, ["cat", "/tmp/loaded"]);
    expect(loaded.stdout).not.toContain("old");
  });
});

describe("under load", () => {
  let load: Load;

  beforeAll(async () => {
    await move({ upstreams: [await backend("0")] });
    load = new Load({ port, host: HOST, perSecond: 200, connections: 300, uploadEverySeconds: 0.5 });
    load.start();
  });

  afterAll(async () => {
    await load.stop();
  });

  it("moves without a lost request, though what it leaves is killed right after", async () => {
    let last = await backend("1");
    await move({ upstreams: [last] });
    load.take();
    for (let round = 2; round < 5; round++) {
      const next = await backend(String(round));
      await move({ upstreams: [next] });
      await stop(last);
      last = next;
    }
    const report = load.take();
    expect(failuresByReason(report)).toEqual({});
    expect(report.answered).toBeGreaterThan(400);
  });

  it("changes its site without a lost request", async () => {
    const upstreams = [await backend("site")];
    const started = performance.now();
    for (let round = 0; round < 3; round++) {
      await move({ upstreams, hostnames: [HOST, `round-${round}.localhost`], noindex: round % 2 === 0 });
      expect(await version(`round-${round}.localhost`)).toBe("site");
    }
    expect((performance.now() - started) / 3).toBeLessThan(10_000);
    expect(failuresByReason(load.take())).toEqual({});
  });

  it("goes from one container to three and back to another without a lost request", async () => {
    const several = [await backend("r1"), await backend("r2"), await backend("r3")];
    await move({ upstreams: several });
    // The least busy one answers, so one that has much to do is left out for a while.
    const seen = new Set<string | undefined>();
    const look = async () => [...seen.add(await version())].sort();
    expect(await eventually(look, ({ length }) => length === 3)).toEqual(["r1", "r2", "r3"]);
    const [last = ""] = several.slice(2);
    await move({ upstreams: [last] });
    await Promise.all(several.slice(0, 2).map(stop));
    expect(await version()).toBe("r3");
    expect(failuresByReason(load.take())).toEqual({});
  });
});
