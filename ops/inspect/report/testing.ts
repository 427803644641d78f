// A pair of environments for tests: well, and changed as a test wants it.

import { types } from "../../../lib/resource-types.ts";
import type { Project } from "../../engine/project.ts";
import type { Service } from "../../engine/services.ts";
import type { Deployment, StateResource } from "../../engine/state/backend.ts";
import type { Comparison } from "../parity/compare.ts";
import type { EnvironmentReport, Report } from "./model.ts";
import { problemsOf, sentenceOf, verdictOf } from "./problems.ts";
import { known, type Source } from "./source.ts";
import { topologyOf } from "./topology.ts";

/** Project of the pair. */
export const project: Project = {
  programDirectory: "/",
  directory: "/shop",
  name: "shop",
  stackDirectory: "/shop",
  hasSettings: true,
  defaults: {},
};

type Parts = Partial<Pick<StateResource, "parent" | "dependencies" | "inputs" | "outputs">>;

/** A resource of a state. */
export function resource(type: string, name: string, parts: Parts = {}): StateResource {
  return { urn: `urn:pulumi:s::shop::${type}::${name}`, type, id: name, custom: type !== "", ...parts };
}

/** URN of a resource made by {@link resource}. */
export const urn = (type: string, name: string) => resource(type, name).urn;

/** A container of a component, in the environment's network. */
export function container(stack: string, component: string, name: string, parts: Parts = {}): StateResource {
  const own = `shop_${stack}_${name}`;
  const inputs = {
    labels: [{ label: "tandem.component", value: component }],
    networksAdvanced: [{ name: `shop_${stack}_network` }],
    ...parts.inputs,
  };
  return resource(types.container, name, { ...parts, inputs, outputs: { name: own } });
}

/** State of a gateway, an app on a database with a volume, and a route between them. */
export function stateOf(stack: string, replicas = 1): Deployment {
  const component = (type: string, name: string) => resource(`tandem:index:${type}`, name);
  const apps = Array.from({ length: replicas }, (_, index) => `app-${index + 1}`);
  return {
    resources: [
      resource(types.stack, `shop-${stack}`, {
        outputs: {
          hostname: `${stack}.example.com`,
          gateway: "127.0.0.1:3100",
          urls: ["http://127.0.0.1:3100"],
        },
      }),
      component("Gateway", "gateway"),
      component("PostgresServer", "postgres"),
      component("AppService", "app"),
      resource(types.network, "network", { inputs: { name: `shop_${stack}_network` } }),
      resource(types.volume, "pgdata", { inputs: { name: `shop_${stack}_pgdata` } }),
      container(stack, "gateway", "gateway", {
        parent: urn("tandem:index:Gateway", "gateway"),
        inputs: { ports: [{ external: 3100, ip: "127.0.0.1" }] },
      }),
      container(stack, "postgres", "postgres", {
        parent: urn("tandem:index:PostgresServer", "postgres"),
        inputs: {
          volumes: [{ volumeName: `shop_${stack}_pgdata` }],
          ports: [{ external: 15_100, ip: "127.0.0.1" }],
        },
      }),
      resource(types.database, "database", {
        inputs: { name: `shop_${stack}` },
        dependencies: [urn(types.container, "postgres")],
      }),
      ...apps.map((name) =>
        container(stack, "app", name, {
          parent: urn("tandem:index:AppService", "app"),
          dependencies: [urn(types.database, "database"), urn(types.container, "postgres")],
        }),
      ),
      resource(types.route, "app-route", {
        parent: urn("tandem:index:AppService", "app"),
        dependencies: [urn(types.container, "gateway"), ...apps.map((name) => urn(types.container, name))],
      }),
    ],
  };
}

/** A container that runs and is healthy. */
export function service(
  stack: string,
  component: string,
  name: string,
  parts: Partial<Service> = {},
): Service {
  return {
    component,
    name: `shop_${stack}_${name}`,
    image: `${component}:1`,
    standIn: false,
    imageId: `sha256:${"ab".repeat(32)}`,
    limits: { cpus: 0.5, memoryMb: 256, pids: 64 },
    state: "running",
    health: "healthy",
    uptimeSeconds: 100,
    ports: [],
    ...parts,
  };
}

/** A well environment. */
export function environment(name: string, parts: Partial<EnvironmentReport> = {}): EnvironmentReport {
  const services = [
    service(name, "app", "app-1"),
    service(name, "gateway", "gateway"),
    service(name, "postgres", "postgres"),
  ];
  const at = "2026-11-20T10:00:00.000Z";
  return {
    name,
    production: name === "production",
    condition: "up",
    address: known({ urls: ["http://127.0.0.1:3100"], hostname: `${name}.example.com` }),
    containers: known({ services, missing: [] }),
    topology: known(topologyOf(stateOf(name))),
    limits: known({
      host: { id: "host", name: "host-1", cpus: 8, memoryMb: 16_384, pids: 32_768 },
      used: { cpus: 1.5, memoryMb: 768, pids: 192 },
      budget: {},
      components: [{ component: "app", containers: 1, cpus: 0.5, memoryMb: 256, pids: 64 }],
    }),
    plan: known({ changes: 0, risks: [] }),
    policies: known({ mandatory: 40, advisory: 6, disabled: [], violations: [] }),
    drift: known({ lookedAt: "2026-11-21T10:00:00.000Z", drifts: [] }),
    restorePoints: known({ kept: 5, points: [] }),
    deploys: known([
      {
        ...{ number: 1, kind: "update", startedAt: at, endedAt: at, result: "succeeded", message: "" },
        ...{ changes: {}, names: { image: "app:1" }, migrations: [] },
      },
    ]),
    cost: known(undefined),
    commands: { drift: `./tandem drift ${name}`, restore: `./tandem rollback ${name} --database` },
    ...parts,
  };
}

/** Two stacks that are the same. */
export const alike: Source<Comparison> = known({
  stacks: ["staging", "production"],
  same: 200,
  differences: [],
  stale: [],
});

/** A report on a pair that is well but for what the test changes. */
export function reportOn(
  staging: Partial<EnvironmentReport> = {},
  production: Partial<EnvironmentReport> = {},
  parity: Source<Comparison> = alike,
): Report {
  const environments: Report["environments"] = [
    environment("staging", staging),
    environment("production", production),
  ];
  const pair = { project, environments, parity };
  const problems = problemsOf(pair);
  return {
    ...{
      project: project.name,
      madeAt: "2026-11-21T12:00:00.000Z",
      seconds: 9,
      environments,
      parity,
      problems,
    },
    ...{ sentence: sentenceOf(pair, problems), verdict: verdictOf(problems), differs: {} },
  };
}
