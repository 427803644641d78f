// Release with Pulumi's mocks: what its services share, in which order they come, and what is refused.
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { AppService } from "./app-service.ts";
import type { Environment } from "./environment.ts";
import { Gateway } from "./gateway.ts";
import { Release, type ReleaseArgs } from "./release.ts";
import { only, type Registered } from "./testing/mocks.ts";
import { eachInStaging } from "./testing/staging.ts";

const CONTAINER = "docker:index/container:Container";
const START = "tandem:docker:ContainerStart";
const TAKE_OVER = "tandem:docker:TakeOver";
const ROUTE = "tandem:gateway:Route";
const limits = { cpus: 0.5, memoryMb: 256, pids: 100 };
let registered: Registered[];
let env: Environment;
let gateway: Gateway;

eachInStaging((made) => {
  ({ registered, env } = made);
  gateway = new Gateway("gateway", { env, image: "caddy:2", hostPort: 8080, limits });
});

function release(services: ReleaseArgs["services"], extra: Partial<ReleaseArgs> = {}): Release {
  const health = { command: ["true"] };
  return new Release("app", { env, image: "app:1.0.0", health, limits, services, ...extra });
}
const names = (type: string) => registered.filter((one) => one.type === type).map(({ name }) => name);

describe("a release", () => {
  it("gives its services what is said for all, each with its own beside it, from one image and one migration", async () => {
    release(
      {
        web: { port: 80, environment: { ROLE: "web" } },
        worker: { command: ["worker"], environment: { ROLE: "worker", QUEUE: "x" }, replicas: 2 },
      },
      { environment: { NODE_ENV: "production", ROLE: "none" }, migration: { command: ["migrate"] } },
    );
    await pulumi.runtime.disconnect();
    expect(names("tandem:docker:Image")).toEqual(["gateway-image", "app-image"]);
    expect(names("tandem:docker:Migration")).toEqual(["app-migration"]);
    const containers = names(CONTAINER).filter((name) => name !== "gateway");
    expect(containers).toEqual(["shop_staging_web-1", "shop_staging_worker-1", "shop_staging_worker-2"]);
    expect(only(registered, CONTAINER, "shop_staging_worker-2").inputs).toMatchObject({
      envs: ["NODE_ENV=production", "QUEUE=x", "ROLE=worker"],
      command: ["worker"],
      image: "sha256:app:1.0.0",
    });
    expect(only(registered, "tandem:index:AppService", "worker").inputs.environment.ROLE).toBe("worker");
  });

  it("A9: starts its containers in one place, once all of them are ready", async () => {
    release({
      web: { port: 80, routes: [{ gateway, hostnames: ["a.example.com"] }] },
      scheduler: { replace: "stop-first" },
    });
    await pulumi.runtime.disconnect();
    const starts = registered.filter(({ type, name }) => type === START && name !== "gateway-start");
    expect(starts.map(({ inputs }) => [inputs.held, inputs.stopFirst])).toEqual([
      [true, undefined],
      [true, undefined],
    ]);
    const { inputs } = only(registered, TAKE_OVER);
    expect(inputs.starts).toMatchObject([
      { service: "web", containerName: "shop_staging_web-1-1a2b3c4", watchSeconds: 10 },
      { service: "scheduler", stopFirst: true },
    ]);
    expect(inputs.routes).toMatchObject([{ service: "web", hostnames: ["a.example.com"] }]);
  });

  it("A10: leads several routes to one service, also to one that is no part of a release", async () => {
    const inside = new Gateway("inside", {
      env,
      role: "inside",
      image: "caddy:2",
      limits,
      names: { web: 80 },
    });
    const routes = [
      { gateway, hostnames: ["a.example.com"] },
      { gateway: inside, hostnames: ["web"] },
    ];
    new AppService("web", { env, image: "app:1", health: { command: ["true"] }, limits, port: 80, routes });
    await pulumi.runtime.disconnect();
    expect(names(ROUTE).sort()).toEqual(["web-2-route", "web-route"]);
    expect(only(registered, TAKE_OVER).inputs.routes).toHaveLength(2);
  });

  it("is no TakeOver for one route: such a service stays as it is", async () => {
    new AppService("web", {
      ...{ env, image: "app:1", health: { command: ["true"] }, limits, port: 80 },
      routes: [{ gateway, hostnames: ["a.example.com"] }],
    });
    await pulumi.runtime.disconnect();
    expect(names(TAKE_OVER)).toEqual([]);
    expect(only(registered, ROUTE).inputs).toMatchObject({ watchSeconds: 10, drainSeconds: 30 });
  });

  it("has no service of another component's name: it would stop that one's containers", () => {
    new AppService("web", { env, image: "app:1", health: { command: ["true"] }, limits });
    expect(() => release({ web: {} })).toThrow(/'web' is the name of two components/);
  });

  it("hands out what others wait for", () => {
    const { ready } = release({
      web: { port: 80, route: { gateway, hostnames: ["a.example.com"] } },
      worker: {},
    });
    // Two containers, what they take over with, a route.
    expect(ready).toHaveLength(4);
  });

  it.each<[string, ReleaseArgs["services"], Partial<ReleaseArgs>, RegExp]>([
    ["no services", {}, {}, /Release 'app': services is empty/],
    ["services from an output", pulumi.output({}) as never, {}, /services must be services by name/],
    ["a service that is none", { web: null as never }, {}, /services\.web must be a service's arguments/],
    [
      "a migration of one service",
      { web: { migration: { command: ["x"] } } as never },
      {},
      /services\.web\.migration is the release's/,
    ],
    [
      "routes, ports and jobs of all",
      { web: { port: 80 } },
      { routes: [], publish: [], jobs: {} } as never,
      /jobs must be one service's.*routes must be one service's.*publish must be one service's/s,
    ],
    [
      "a route without a port",
      { web: { route: { gateway: {} as never, hostnames: ["a"] } } },
      {},
      /Release 'app': service 'web': a route needs a port/,
    ],
    [
      "one that may exist once, twice",
      { web: { replace: "stop-first", replicas: 2 } },
      {},
      /Release 'app': service 'web': replace is stop-first/,
    ],
    [
      "route and routes",
      { web: { port: 80, route: {} as never, routes: [] } },
      {},
      /routes stands beside route/,
    ],
    ["no limits", { web: {} }, { limits: undefined }, /service 'web'.*limits/s],
    [
      "no limits for its migration",
      { web: { limits } },
      { limits: undefined, migration: { command: ["x"] } },
      /Release 'app'.*limits/s,
    ],
    [
      "a variable twice",
      { web: { secrets: { A: "x" } } },
      { environment: { A: "y" } },
      /service 'web': A stands in environment and in secrets/,
    ],
  ])("refuses %s, before anything is made", (_, services, extra, message) => {
    expect(() => release(services, extra as Partial<ReleaseArgs>)).toThrow(message);
    expect(names("tandem:index:Release")).toEqual([]);
  });
});
