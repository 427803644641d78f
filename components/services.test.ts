// Several services of one environment with Pulumi's mocks: routes by hostname and path, order, a worker, TLS.
import * as pulumi from "@pulumi/pulumi";
import { expect, it } from "vitest";
import { AppService, type AppServiceArgs } from "./app-service.ts";
import type { Environment } from "./environment.ts";
import { Gateway } from "./gateway.ts";
import { entryConfig } from "./gateway-entry.ts";
import { only, type Registered } from "./testing/mocks.ts";
import { eachInStaging } from "./testing/staging.ts";

const CONTAINER = "docker:index/container:Container";
const ROUTE = "tandem:gateway:Route";
const limits = { cpus: 0.5, memoryMb: 256, pids: 100 };
const HOSTS = ["example.com", "www.example.com"];
let registered: Registered[];
let env: Environment;
let gateway: Gateway;

eachInStaging((made) => {
  ({ registered, env } = made);
  gateway = new Gateway("gateway", { env, image: "caddy:2", hostPort: 8080, limits });
});

function service(name: string, extra: Partial<AppServiceArgs>): AppService {
  const health = { command: ["true"] };
  return new AppService(name, { env, image: "app:1.0.0", health, limits, ...extra });
}

it("routes two services of one hostname by path, and several hostnames to one service", async () => {
  service("api", { port: 80, route: { gateway, hostnames: HOSTS } });
  service("ws", { port: 80, route: { gateway, hostnames: HOSTS, path: "/ws" } });
  await pulumi.runtime.disconnect();
  expect(only(registered, ROUTE, "api-route").inputs).toMatchObject({ hostnames: HOSTS });
  expect(only(registered, ROUTE, "api-route").inputs.path).toBeUndefined();
  expect(only(registered, ROUTE, "ws-route").inputs).toMatchObject({ hostnames: HOSTS, path: "/ws" });
});

it("runs a worker without port and route, with a command of its own on the same image", async () => {
  service("worker", { command: ["worker"] });
  await pulumi.runtime.disconnect();
  const { inputs } = only(registered, CONTAINER, "shop_staging_worker-1");
  expect(inputs).toMatchObject({ command: ["worker"] });
  expect(inputs.ports ?? []).toEqual([]);
  expect(registered.filter(({ type }) => type === ROUTE)).toEqual([]);
});

it("hands out what another service can wait for: healthy containers and the route", async () => {
  const api = service("api", { port: 80, replicas: 2, route: { gateway, hostnames: HOSTS } });
  const worker = service("worker", { dependsOn: api.ready });
  expect(api.ready).toHaveLength(3);
  expect(worker.ready).toHaveLength(1);
});

it("refuses two routes to the same hostname and path, and lets a path go to another", () => {
  service("web", { port: 80, route: { gateway, hostnames: ["a.example.com"] } });
  service("ws", { port: 80, route: { gateway, hostnames: ["a.example.com"], path: "/ws" } });
  expect(() => service("api", { port: 80, route: { gateway, hostnames: ["A.example.com"] } })).toThrow(
    /the routes 'web' and 'api' both lead a\.example\.com to themselves/,
  );
});

it("opens a port for TLS, and sends what came without it there", async () => {
  const tls = { hostPort: 8443, hostnames: HOSTS };
  new Gateway("secure", {
    env,
    role: "secure",
    image: "caddy:2",
    hostPort: 80,
    limits,
    tls,
    forceHttps: true,
  });
  await pulumi.runtime.disconnect();
  const { inputs } = only(registered, CONTAINER, "secure");
  expect(inputs).toMatchObject({
    name: "shop_staging_secure",
    ports: [
      { external: 80, internal: 8080 },
      { external: 8443, internal: 8443 },
    ],
  });
  const entry = entryConfig(8080, 25, "health.gateway.internal", { tls, forceHttps: true });
  expect(entry).toContain("https://example.com, https://www.example.com {\n\ttls internal");
  expect(entry).toContain("redir @plain https://{host}:8443{uri} 308");
});
