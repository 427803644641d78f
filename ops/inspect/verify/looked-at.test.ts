// The checks from the host on made-up environments: what holds, and each violation.

import { describe, expect, it } from "vitest";
import { types } from "../../../lib/resource-types.ts";
import type { Check } from "./check.ts";
import type { Container, Environment, Rights } from "./environments.ts";
import {
  labelChecks,
  membershipChecks,
  networkChecks,
  portChecks,
  variableChecks,
  volumeChecks,
} from "./looked-at.ts";
import { rightsChecks } from "./rights.ts";

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
    addresses6: [],
    mounts: [`${name}-data`],
    variables: { PUBLIC_URL: `https://${environment}.example.com` },
    ports: [{ ip: "127.0.0.1", port: 3100, protocol: "tcp" }],
    listens: [],
    rights: {
      privileged: false,
      capabilities: [],
      shared: [],
      devices: [],
      securityOptions: [],
      hostPaths: [],
    },
    ...change,
  };
}

function environment(name: string, containers: Container[]): Environment {
  const route = { urn: "", type: types.route, inputs: { hostnames: [`${name}.example.com`] } };
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
    ...rightsChecks(own, around),
    ...volumeChecks(own, around),
    ...portChecks(own),
    ...labelChecks(own, around),
    ...variableChecks(own, around),
  ];
}

const app = (change: Partial<Container> = {}) => container("staging", "shop_staging_app", change);
/** Rights beyond the usual. */
const may = (rights: Partial<Rights>): Partial<Container> => ({
  rights: { ...container("staging", "usual").rights, ...rights },
});
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
      [app({ ports: [{ ip: "0.0.0.0", port: 5432, protocol: "tcp" }] })],
      [],
      /ports: .* publishes 0.0.0.0:5432/,
    ],
    [
      "a port on the server's own address",
      [app({ ports: [{ ip: "192.0.2.7", port: 80, protocol: "tcp" }] })],
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
    [
      "a UDP port where the TCP port of the same number is meant",
      [app({ ports: [{ ip: "0.0.0.0", port: 3100, protocol: "udp" }] })],
      [],
      /ports: .* publishes 0.0.0.0:3100\/udp/,
    ],
    [
      "a privileged container",
      [app(may({ privileged: true }))],
      [],
      /rights: shop_staging_app is privileged/,
    ],
    ["a capability", [app(may({ capabilities: ["NET_ADMIN"] }))], [], /has the capability NET_ADMIN/],
    ["the host's network", [app(may({ shared: ["network: host"] }))], [], /shares network: host/],
    ["the host's processes", [app(may({ shared: ["pid: host"] }))], [], /shares pid: host/],
    [
      "another one's memory",
      [app(may({ shared: ["ipc: container:id of shop_production_app"] }))],
      [],
      /shares ipc: container/,
    ],
    [
      "somebody in its own network place",
      [app()],
      [container(undefined, "x", may({ shared: ["network: container:id of shop_staging_app"] }))],
      /rights: x shares network: container:id of shop_staging_app/,
    ],
    ["Docker's socket", [app(may({ hostPaths: ["/run/docker.sock"] }))], [], /mounts \/run\/docker.sock/],
    [
      "Docker's socket elsewhere",
      [app(may({ hostPaths: ["/srv/docker-main.sock"] }))],
      [],
      /mounts \/srv\/docker-main.sock/,
    ],
    ["a folder with the socket in it", [app(may({ hostPaths: ["/var"] }))], [], /mounts \/var of the host/],
    ["the whole host", [app(may({ hostPaths: ["/"] }))], [], /mounts \/ of the host/],
    [
      "another one's volume by its folder",
      [app(may({ hostPaths: ["/var/lib/docker/volumes/x/_data"] }))],
      [],
      /mounts \/var\/lib\/docker\/volumes/,
    ],
    ["a disk", [app(may({ devices: ["/dev/sda"] }))], [], /has the device \/dev\/sda/],
    [
      "no seccomp",
      [app(may({ securityOptions: ["seccomp=unconfined"] }))],
      [],
      /runs with seccomp=unconfined/,
    ],
  ])("find %s", (_what, staging, strangers, expected) => {
    expect(broken(look(staging, strangers)).join("\n")).toMatch(expected);
  });

  it("let a container have what leads nowhere", () => {
    const usual = may({
      capabilities: ["NET_BIND_SERVICE", "CHOWN"],
      shared: ["network: container:id of shop_staging_app"],
      securityOptions: ["no-new-privileges"],
      hostPaths: ["/srv/uploads", "/etc/localtime"],
      devices: ["/dev/nvidia0"],
    });
    expect(broken(look([app(), container("staging", "shop_staging_sidecar", usual)]))).toEqual([]);
  });

  it("find a container that has the labels and isn't in the state", () => {
    const own = { ...environment("staging", [app()]), deployment: { resources: [] } };
    const checks = labelChecks(own, { system: "shop", environments: [own], containers: [app()] });
    expect(broken(checks)).toEqual(["labels: shop_staging_app is not in its state"]);
  });

  it("let a port be open that the settings publish, and a longer hostname that ends the same", () => {
    const open = {
      ...environment("staging", [app({ ports: [{ ip: "0.0.0.0", port: 80, protocol: "tcp" }] })]),
    };
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
