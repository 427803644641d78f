// The graph of an environment from its state, and where the two of a pair differ.

import { describe, expect, it } from "vitest";
import { types } from "../../../lib/resource-types.ts";
import { nodeDifferences } from "./differences.ts";
import { layoutPair } from "./page/layout.ts";
import { rowsOf } from "./page/rows.ts";
import { container, resource, stateOf, urn } from "./testing.ts";
import { topologyOf } from "./topology.ts";

const ways = (state: Parameters<typeof topologyOf>[0]) =>
  topologyOf(state).edges.map(({ from, to }) => `${from} > ${to}`);

describe("the topology of a state", () => {
  it("leads from the host's port over the gateway to services, databases and volumes", () => {
    const { nodes, networks } = topologyOf(stateOf("staging", 2));
    expect(ways(stateOf("staging", 2)).toSorted()).toEqual([
      "container:app > container:postgres",
      "container:gateway > container:app",
      "container:postgres > volume:pgdata",
      "entry > container:gateway",
    ]);
    expect(nodes.map(({ id, kind, details }) => [id, kind, details])).toEqual([
      ["container:gateway", "gateway", []],
      ["container:postgres", "database", ["port 127.0.0.1:15100", "shop_staging"]],
      ["volume:pgdata", "volume", []],
      ["container:app", "service", []],
      ["entry", "outside", ["staging.example.com", "127.0.0.1:3100"]],
    ]);
    expect(networks).toEqual(["shop_staging_network"]);
    expect(nodes.find(({ id }) => id === "container:app")?.containers).toHaveLength(2);
    expect(nodes.filter(({ network }) => network !== undefined).map(({ label }) => label)).toEqual([
      ...["gateway", "postgres", "app"],
    ]);
  });

  it("draws no way twice: who asks a pooler doesn't ask the server behind it", () => {
    const state = stateOf("staging");
    const parent = resource("tandem:index:PgPooler", "pooler");
    const pooler = container("staging", "pooler", "pooler", {
      dependencies: [urn(types.container, "postgres")],
      parent: parent.urn,
    });
    const app = state.resources?.find(({ urn: own }) => own === urn(types.container, "app-1"));
    app?.dependencies?.push(pooler.urn);
    state.resources?.splice(7, 0, parent, pooler);
    expect(ways(state)).toContain("container:app > container:pooler");
    expect(ways(state)).toContain("container:pooler > container:postgres");
    expect(ways(state)).not.toContain("container:app > container:postgres");
  });

  it("draws each service's own ways, also where one calls another and waits for its route", () => {
    const state = stateOf("staging");
    const route = state.resources?.find(({ type }) => type === types.route);
    const asked = [urn(types.container, "app-1"), urn(types.container, "postgres")];
    const web = container("staging", "web", "web-1", { dependencies: [...asked, route?.urn ?? ""] });
    const gateway = urn(types.container, "gateway");
    const own = resource(types.route, "web", { dependencies: [gateway, web.urn] });
    state.resources?.push(web, own);
    expect(ways(state).toSorted()).toEqual([
      ...["container:app > container:postgres", "container:gateway > container:app"],
      ...["container:gateway > container:web", "container:postgres > volume:pgdata"],
      ...["container:web > container:app", "container:web > container:postgres", "entry > container:gateway"],
    ]);
  });

  it("A9: draws ways to the services of a release that a route leads to, and to none that only starts with them", () => {
    const state = stateOf("staging");
    const worker = container("staging", "worker", "worker-1");
    const both = [urn(types.container, "app-1"), worker.urn, urn(types.container, "gateway")];
    const takeOver = resource(types.takeOver, "app-take-over", { dependencies: both });
    const route = state.resources?.find(({ type }) => type === types.route);
    route?.dependencies?.push(takeOver.urn);
    state.resources?.push(worker, takeOver);
    expect(ways(state)).toContain("container:gateway > container:app");
    expect(ways(state)).not.toContain("container:gateway > container:worker");
  });

  it("stands a database elsewhere outside, and names networks of others that a container joined", () => {
    const database = types.database;
    const { nodes } = topologyOf({
      resources: [
        resource(database, "database", { inputs: { name: "shop" } }),
        container("staging", "app", "app-1", {
          dependencies: [urn(database, "database")],
          inputs: { networksAdvanced: [{ name: "shop_shared_staging" }] },
        }),
      ],
    });
    expect(nodes.map(({ id, network, details }) => [id, network, details])).toEqual([
      ["container:app", undefined, ["+ shop_shared_staging"]],
      ["database", undefined, ["shop"]],
    ]);
  });

  it("leaves out what waits for its deletion, and says nothing of an empty state", () => {
    const state = stateOf("staging");
    for (const one of state.resources ?? []) if (one.urn === urn(types.container, "app-1")) one.delete = true;
    expect(topologyOf(state).nodes.map(({ id }) => id)).not.toContain("container:app");
    expect(topologyOf({})).toEqual({ nodes: [], edges: [], networks: [] });
  });
});

describe("rows of a drawing", () => {
  it("hold few things each, below what asks them, with volumes last", () => {
    const services = ["a", "b", "c", "d"].map((id) => ({ id, kind: "service" as const }));
    const nodes = [
      { id: "entry", kind: "outside" as const },
      { id: "gateway", kind: "gateway" as const },
      ...services,
      { id: "worker", kind: "service" as const },
      { id: "redis", kind: "cache" as const },
      { id: "config", kind: "volume" as const },
    ];
    const edges = [
      { from: "entry", to: "gateway" },
      ...services.flatMap(({ id }) => [
        { from: "gateway", to: id },
        { from: id, to: "redis" },
      ]),
      { from: "worker", to: "redis" },
      { from: "gateway", to: "config" },
    ];
    expect(Object.fromEntries(rowsOf(nodes, edges))).toEqual({
      ...{ entry: 0, gateway: 1, a: 2, b: 2, c: 2, d: 3, worker: 3, redis: 4, config: 5 },
    });
  });
});

describe("a pair of topologies", () => {
  const [one, other] = [topologyOf(stateOf("staging")), topologyOf(stateOf("production", 2))];

  it("has its differences on the things that they are about", () => {
    const differences = [
      { kind: "limit" as const, path: "Container:postgres.memory", values: ["1", "2"] as [string, string] },
      {
        ...{ kind: "environment" as const, path: "AppService:app.environment.BANNER", reason: "it says so" },
        values: ["a", "b"] as [string, string],
      },
    ];
    const found = nodeDifferences(
      [
        { name: "staging", topology: one },
        { name: "production", topology: other },
      ],
      { stacks: ["staging", "production"], same: 1, differences, stale: [] },
    );
    expect(found.staging).toEqual({
      "container:postgres": [{ text: "limit: memory", allowed: false }],
      "container:app": [
        { text: "1 container here, 2 in production", allowed: false },
        { text: "environment: environment.BANNER", allowed: true },
      ],
    });
    expect(found.production?.["container:app"]?.[0]?.text).toBe("2 containers here, 1 in staging");
  });

  it("stands in one layout: volumes below the network, nothing over anything else", () => {
    const { boxes, networks, width, height } = layoutPair([one, other], ({ label }) => [label, "healthy"]);
    const all = [...boxes.values()];
    for (const box of all) {
      expect(box.x - box.width / 2).toBeGreaterThanOrEqual(0);
      expect(box.x + box.width / 2).toBeLessThanOrEqual(width);
      expect(box.y + box.height / 2).toBeLessThanOrEqual(height);
      const over = all.filter(
        (two) =>
          two !== box &&
          Math.abs(two.x - box.x) * 2 < two.width + box.width &&
          Math.abs(two.y - box.y) * 2 < two.height + box.height,
      );
      expect(over).toEqual([]);
    }
    const [network] = networks;
    const volume = boxes.get("volume:pgdata");
    expect((volume?.y ?? 0) - (volume?.height ?? 0) / 2).toBeGreaterThan(
      (network?.y ?? 0) + (network?.height ?? 0) / 2,
    );
  });
});
