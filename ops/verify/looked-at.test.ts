// The checks from the host on made-up environments: what holds, and each violation.
import { describe, expect, it } from "vitest";
import type { Check } from "./check.ts";
import type { Container, Environment } from "./environments.ts";
import {
  labelChecks,
  membershipChecks,
  networkChecks,
  portChecks,
  variableChecks,
  volumeChecks,
} from "./looked-at.ts";

function container(
  environment: string | undefined,
  name: string,
  change: Partial<Container> = {},
): Container {
  return {
    id: `id of ${name}`,
    name,
    environment,
    component: "app",
    running: true,
    addresses: { [`net-${environment}`]: "172.20.0.2" },
    mounts: [`${name}-data`],
    variables: { PUBLIC_URL: `https://${environment}.example.com` },
    ports: [{ ip: "127.0.0.1", port: 3100 }],
    listens: [],
    ...change,
  };
}

function environment(name: string, containers: Container[]): Environment {
  const route = { urn: "", type: "tandem:gateway:Route", inputs: { hostnames: [`${name}.example.com`] } };
  return {
    name,
    containers: containers.filter((one) => one.environment === name),
    networks: [{ id: `net-${name}`, name: `shop_${name}_network` }],
    volumes: containers.filter((one) => one.environment === name).flatMap(({ mounts }) => mounts),
    deployment: { resources: [route, ...containers.map(({ id }) => ({ urn: id, type: "container", id }))] },
    published: [],
  };
}

/** All checks of staging, beside production and what else is on the host. */
function look(staging: Container[], strangers: Container[] = []): Check[] {
  const containers = [...staging, container("production", "shop_production_app"), ...strangers];
  const own = environment("staging", containers);
  const around = {
    system: "shop",
    environments: [own, environment("production", containers)],
    containers,
  };
  return [
    ...networkChecks(own, around),
    ...membershipChecks(own, around),
    ...volumeChecks(own, around),
    ...portChecks(own),
    ...labelChecks(own, around),
    ...variableChecks(own, around),
  ];
}

const app = (change: Partial<Container> = {}) => container("staging", "shop_staging_app", change);
const broken = (checks: Check[]) =>
  checks.filter(({ result }) => result === "broken").map(({ area, answer }) => `${area}: ${answer}`);

describe("the checks from the host", () => {
  it("hold where each has its own", () => {
    const checks = look([app()]);
    expect(broken(checks)).toEqual([]);
    expect(new Set(checks.map(({ result }) => result))).toEqual(new Set(["holds"]));
  });

  it.each<[string, Container[], Container[], RegExp]>([
    [
      "a network in common",
      [app({ addresses: { "net-production": "172.21.0.3" } })],
      [],
      /networks: .*_app \(production\)/,
    ],
    [
      "a stranger in its network",
      [app()],
      [container(undefined, "x", { addresses: { "net-staging": "" } })],
      /x \(of another system\)/,
    ],
    [
      "a volume in common",
      [app({ mounts: ["shop_production_app-data"] })],
      [],
      /volumes: shop_production_app \(production\) mounts/,
    ],
    [
      "a folder of the host in common",
      [app({ mounts: ["/srv"] })],
      [container(undefined, "x", { mounts: ["/srv"] })],
      /x .* mounts \/srv/,
    ],
    [
      "a port open to the world",
      [app({ ports: [{ ip: "0.0.0.0", port: 5432 }] })],
      [],
      /ports: .* publishes 0.0.0.0:5432/,
    ],
    [
      "a port on the server's own address",
      [app({ ports: [{ ip: "192.0.2.7", port: 80 }] })],
      [],
      /192.0.2.7:80/,
    ],
    [
      "a name of production's",
      [app({ name: "shop_production_copy" })],
      [],
      /labels: shop_production_copy is named for production/,
    ],
    [
      "production's server in a variable",
      [app({ variables: { HOST: "shop_production_app:5432" } })],
      [],
      /variables: HOST of/,
    ],
    [
      "production's hostname in a variable",
      [app({ variables: { API: "https://production.example.com/v1" } })],
      [],
      /variables: API of/,
    ],
  ])("find %s", (_what, staging, strangers, expected) => {
    expect(broken(look(staging, strangers)).join("\n")).toMatch(expected);
  });

  it("find a container that has the labels and isn't in the state", () => {
    const own = { ...environment("staging", [app()]), deployment: { resources: [] } };
    const checks = labelChecks(own, { system: "shop", environments: [own], containers: [app()] });
    expect(broken(checks)).toEqual(["labels: shop_staging_app is not in its state"]);
  });

  it("let a port be open that the settings publish, and a longer hostname that ends the same", () => {
    const open = { ...environment("staging", [app({ ports: [{ ip: "0.0.0.0", port: 80 }] })]) };
    expect(broken(portChecks({ ...open, published: ["0.0.0.0:80"] }))).toEqual([]);
    const longer = app({ variables: { API: "https://not-production.example.com" } });
    expect(broken(look([longer]))).toEqual([]);
  });

  it("let a shared server serve several, each in a network of its own", () => {
    const addresses = { "net-a": "172.20.0.9", "net-b": "172.21.0.9" };
    const server = container("shared", "shop_shared_postgres", { addresses });
    const one = container("staging", "shop_staging_app", { addresses: { "net-a": "172.20.0.2" } });
    const two = container("production", "shop_production_app", { addresses: { "net-b": "172.21.0.2" } });
    const containers = [server, one, two];
    const shared = {
      ...environment("shared", containers),
      networks: ["net-a", "net-b"].map((id) => ({ id, name: id })),
    };
    const around = { system: "shop", environments: [shared], containers };
    expect(broken(networkChecks(shared, around))).toEqual([]);
    expect(broken(membershipChecks(environment("staging", containers), around))).toEqual([]);
    const both = { ...two, addresses };
    const joined = [server, one, both];
    expect(broken(networkChecks(shared, { ...around, containers: joined })).join()).toContain(
      "_production_app",
    );
    expect(
      broken(membershipChecks(environment("staging", joined), { ...around, containers: joined })).join(),
    ).toContain("shop_production_app");
  });
});
