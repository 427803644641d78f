// Routes on a real gateway: what a move and a reload do to the requests of that moment.
import { hashSync } from "bcryptjs";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exec, getFile } from "../../provider/docker/containers.ts";
import { route } from "../../provider/gateway/route.ts";
import { docker } from "../support/docker.ts";
import { GatewayRoutes, HOST, MAX_BODY_MB } from "../support/gateway-routes.ts";
import { context } from "../support/handlers.ts";
import { unfinished } from "../support/hostile-requests.ts";
import { failuresByReason, Load } from "../support/load.ts";
import { ask, eventually } from "../support/requests.ts";

/** A server of HTTP/2 without TLS, as those of gRPC are. */
const H2C_BACKEND = `
require("node:http2").createServer((request, response) => {
  request.resume().on("end", () => response.end(JSON.stringify({ version: process.argv[1], http: request.httpVersion })));
}).listen(8080);
`;

const routes = new GatewayRoutes();

beforeAll(() => routes.start());
afterAll(() => routes.remove());

describe("a route", () => {
  it("is added, moved and removed", async () => {
    const first = (await routes.checked({ upstreams: [await routes.backend("a")] })).inputs;
    await route.create({ inputs: first }, context());
    const answer = await ask(routes.port, HOST, "/version");
    expect(answer.json.version).toBe("a");
    expect(answer.headers["x-robots-tag"]).toBe("noindex, nofollow");
    const second = await routes.move({ upstreams: [await routes.backend("b")], noindex: false });
    expect(await routes.version()).toBe("b");
    expect((await ask(routes.port, HOST, "/version")).headers["x-robots-tag"]).toBeUndefined();
    await route.delete({ id: "app", outputs: second, inputs: second }, context());
    expect((await ask(routes.port, HOST, "/version")).status).toBe(404);
    const left = await exec(docker, routes.gateway, ["ls", "/config/upstreams", "/config/routes"]);
    expect(left.output).not.toMatch(/app/);
  });

  it("that the gateway refuses is taken back, and the others stay", async () => {
    const upstreams = [await routes.backend("kept")];
    await routes.move({ upstreams });
    const byHand = "/config/routes/by-hand.caddy";
    const asRoot = (script: string) => exec(docker, routes.gateway, ["sh", "-c", script], undefined, "0:0");
    await asRoot(`echo "no site" > ${byHand}`);
    // Its hostname is another route's, which must get it back.
    const clash = (await routes.checked({ routeName: "clash", upstreams: [await routes.backend("clash")] }))
      .inputs;
    await expect(Promise.resolve(route.create({ inputs: clash }, context()))).rejects.toThrow(
      /refuses the route 'clash'/,
    );
    expect(await routes.version()).toBe("kept");
    expect(await getFile(docker, routes.gateway, "/config/routes/clash.caddy")).toBeUndefined();
    expect(await getFile(docker, routes.gateway, "/config/routes/app.caddy")).toContain(HOST);
    await asRoot(`rm ${byHand}`);
  });

  it("that would lead to where nobody listens stays where it is", async () => {
    const before = await routes.version();
    await expect(routes.move({ upstreams: ["nobody:1"] })).rejects.toThrow(/stays where it is: nobody:1/);
    expect(await routes.version()).toBe(before);
  });

  it("leads to what speaks HTTP/2 without TLS if it says so, and stays where it is otherwise", async () => {
    const before = await routes.version();
    const upstreams = [await routes.backend("h2c", H2C_BACKEND)];
    await expect(routes.move({ upstreams })).rejects.toThrow(
      /doesn't answer by HTTP\/1.1.*Set the route's `protocol` to "h2c"/,
    );
    expect(await routes.version()).toBe(before);
    await expect(
      routes.move({ upstreams: [await routes.backend("not h2c")], protocol: "h2c" }),
    ).rejects.toThrow(/doesn't answer by HTTP\/2 without TLS.*`protocol` to "http"/);
    await routes.move({ upstreams, protocol: "h2c" });
    expect((await ask(routes.port, HOST, "/version")).json).toMatchObject({ version: "h2c", http: "2.0" });
    expect(
      (await routes.checked({ upstreams, protocol: "h3" })).failures.map(({ property }) => property),
    ).toEqual(["protocol"]);
  });

  it("tells the application of a client what the gateway saw, and nothing that the client says of itself", async () => {
    await routes.move({ upstreams: [await routes.backend("seen")] });
    const address = await routes.clientAddress();
    const forged = {
      "x-forwarded-for": "192.0.2.9",
      "x-forwarded-proto": "https",
      "x-forwarded-host": "forged.example.com",
      "x-forwarded-port": "443",
      "x-real-ip": "192.0.2.9",
      "true-client-ip": "192.0.2.9",
      "cf-connecting-ip": "192.0.2.9",
      forwarded: "for=192.0.2.9;proto=https",
    };
    const seen = (await routes.sent(forged)).headers;
    expect(seen).toMatchObject({
      "x-forwarded-for": address,
      "x-forwarded-proto": "http",
      "x-forwarded-host": HOST,
    });
    expect(JSON.stringify(seen)).not.toMatch(/192\.0\.2\.9|forged|443/);
  });

  it("takes no larger body than its limit", async () => {
    await routes.move({ upstreams: [await routes.backend("small")] });
    // Of unknown length, so that only counting tells.
    const chunk = `100000\r\n${"x".repeat(2 ** 20)}\r\n`;
    const send = (mebibytes: number) =>
      new Promise<string>((resolve) => {
        const head = ["POST /version HTTP/1.1", `Host: ${HOST}`, "Transfer-Encoding: chunked", ""];
        const socket = unfinished(routes.port, head, `${chunk.repeat(mebibytes)}0\r\n\r\n`);
        socket.once("data", (answer) => resolve(String(answer).slice(9, 12)));
        socket.once("close", () => resolve("closed"));
      });
    expect(await send(MAX_BODY_MB)).toBe("200");
    expect(await send(MAX_BODY_MB + 1)).toBe("413");
  });

  it("keeps its password to itself, and queries and headers out of its log", async () => {
    const upstreams = [await routes.backend("guarded")];
    const user = { basicAuthUser: "team", basicAuthHash: hashSync("right", 4) };
    const authorization = `Basic ${Buffer.from("team:right").toString("base64")}`;
    await routes.move({ upstreams, ...user });
    expect((await ask(routes.port, HOST, "/version", undefined, "team:wrong")).status).toBe(401);
    const path = "/version?token=canary-in-query";
    const seen = await routes.sent({ authorization, referer: "http://x/?t=canary-in-header" }, path);
    expect(seen.version).toBe("guarded");
    expect(seen.headers.authorization).toBeUndefined();
    // Where the gateway asks for none, it is the application's.
    await routes.move({ upstreams });
    expect((await routes.sent({ authorization }, path)).headers.authorization).toBe(authorization);
    const log = async () => (await execa("docker", ["logs", routes.gateway], { all: true })).all;
    const lines = await eventually(log, (all) => (all.match(/"uri":"\/version"/g) ?? []).length >= 3);
    expect(lines).not.toContain("canary-in");
  });

  it("that was changed or removed by hand shows at the next look", async () => {
    const inputs = await routes.move({ upstreams: [await routes.backend("by program")] });
    const byHand = ["sh", "-c", "echo elsewhere:1 > /config/upstreams/app.1"];
    // As root, and a file of root's own: what the gateway's user may not do.
    await exec(docker, routes.gateway, ["rm", "/config/upstreams/app.1"], undefined, "0:0");
    await exec(docker, routes.gateway, byHand, undefined, "0:0");
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
    const { failures } = await routes.checked({
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
    await routes.move({ upstreams: [await routes.backend("still here")] });
    await docker.getContainer(routes.gateway).restart({ t: 10 });
    const answer = () => routes.version().catch(() => undefined);
    expect(await eventually(answer, (seen) => seen !== undefined)).toBe("still here");
    // The file is there and not in force, as after a kill between the two.
    const inputs = await routes.move({ upstreams: [await routes.backend("hidden")] });
    await exec(docker, routes.gateway, ["sh", "-c", "echo old > /tmp/loaded"]);
    await route.update?.({ id: "app", olds: inputs, oldInputs: inputs, inputs }, context());
    const loaded = await exec(docker, routes.gateway, ["cat", "/tmp/loaded"]);
    expect(loaded.stdout).not.toContain("old");
  });
});

describe("under load", () => {
  let load: Load;
  /** When clients that don't go on were told so or cut off, by what they sent. In seconds. */
  const cut: Record<string, number> = {};

  beforeAll(async () => {
    await routes.move({ upstreams: [await routes.backend("0")] });
    const began = performance.now();
    const post = ["POST /version HTTP/1.1", `Host: ${HOST}`];
    for (const [sent, head] of Object.entries({
      "half a header": post,
      "half a small body": [...post, "Content-Length: 900", ""],
      "half an upload": [...post, "Content-Length: 900000", ""],
    })) {
      const ended = () => {
        cut[sent] ??= (performance.now() - began) / 1000;
      };
      unfinished(routes.port, head, sent.endsWith("header") ? "" : "half")
        .once("data", ended)
        .once("close", ended);
    }
    load = new Load({
      port: routes.port,
      host: HOST,
      perSecond: 200,
      connections: 300,
      uploadEverySeconds: 0.5,
    });
    load.start();
  });

  afterAll(async () => {
    await load.stop();
  });

  it("moves without a lost request, though what it leaves is killed right after", async () => {
    let last = await routes.backend("1");
    await routes.move({ upstreams: [last] });
    load.take();
    for (let round = 2; round < 5; round++) {
      const next = await routes.backend(String(round));
      await routes.move({ upstreams: [next] });
      await routes.kill(last);
      last = next;
    }
    const report = load.take();
    expect(failuresByReason(report)).toEqual({});
    expect(report.answered).toBeGreaterThan(400);
  });

  it("changes its site without a lost request", async () => {
    const upstreams = [await routes.backend("site")];
    const started = performance.now();
    for (let round = 0; round < 3; round++) {
      await routes.move({
        upstreams,
        hostnames: [HOST, `round-${round}.localhost`],
        noindex: round % 2 === 0,
      });
      expect(await routes.version(`round-${round}.localhost`)).toBe("site");
    }
    expect((performance.now() - started) / 3).toBeLessThan(10_000);
    expect(failuresByReason(load.take())).toEqual({});
  });

  it("hands a hostname to another route, and all of them to one of another name, without a lost request", async () => {
    const moved = "moved.localhost";
    const [old, other] = [await routes.backend("old"), await routes.backend("other")];
    const two = (await routes.checked({ upstreams: [old], hostnames: [HOST, moved] })).inputs;
    const first = await route.create({ inputs: two }, context());
    load.take();
    // The one that gives it up goes first, as it may in a run of the engine: it serves on until the end.
    const one = (await routes.checked({ upstreams: [old], hostnames: [moved] })).inputs;
    const diff = { id: "app", olds: first.outputs, oldInputs: two, news: one };
    expect(await route.diff(diff, context())).toMatchObject({
      changes: { hostnames: "update-replace" },
      deleteBeforeReplace: false,
    });
    const second = await route.create({ inputs: one }, context());
    expect(await routes.version()).toBe("old");
    const claimed = (await routes.checked({ routeName: "other", upstreams: [other] })).inputs;
    const third = await route.create({ inputs: claimed }, context());
    expect(await routes.version()).toBe("other");
    await route.delete({ id: "app", outputs: first.outputs, inputs: two }, context());
    expect([await routes.version(), await routes.version(moved)]).toEqual(["other", "old"]);

    const renamed = (
      await routes.checked({ routeName: "renamed", upstreams: [old], hostnames: [HOST, moved] })
    ).inputs;
    await route.create({ inputs: renamed }, context());
    await route.delete({ id: "app", outputs: second.outputs, inputs: one }, context());
    await route.delete({ id: "other", outputs: third.outputs, inputs: claimed }, context());
    await routes.kill(other);
    expect([await routes.version(), await routes.version(moved)]).toEqual(["old", "old"]);
    expect(failuresByReason(load.take())).toEqual({});
    const left = await exec(docker, routes.gateway, ["ls", "/config/upstreams", "/config/routes"]);
    const files = left.stdout.match(/^\S+\.\S+$/gm) ?? [];
    expect(files.sort()).toEqual(["renamed.1", "renamed.1.stream", "renamed.caddy"]);
  });

  it("goes from one container to three and back to another without a lost request", async () => {
    const several = [await routes.backend("r1"), await routes.backend("r2"), await routes.backend("r3")];
    await routes.move({ upstreams: several });
    // The least busy one answers, so one that has much to do is left out for a while.
    const seen = new Set<string | undefined>();
    const look = async () => [...seen.add(await routes.version())].sort();
    expect(await eventually(look, ({ length }) => length === 3)).toEqual(["r1", "r2", "r3"]);
    const [last = ""] = several.slice(2);
    await routes.move({ upstreams: [last] });
    await Promise.all(several.slice(0, 2).map((address) => routes.kill(address)));
    expect(await routes.version()).toBe("r3");
    expect(failuresByReason(load.take())).toEqual({});
  });

  it("has cut off clients that didn't go on with a header or a body", async () => {
    const all = await eventually(
      async () => cut,
      (now) => Object.keys(now).length === 3,
      45,
    );
    expect(all["half a header"]).toBeLessThan(25);
    expect(all["half a small body"]).toBeLessThan(45);
    expect(all["half an upload"]).toBeLessThan(45);
  });
});
