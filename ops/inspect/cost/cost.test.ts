// Prices times what runs: what is counted, how it adds up, and what is named because it has no price.

import { describe, expect, it } from "vitest";
import { type PriceLine, priceSettings } from "../../../infra/settings/prices.ts";
import { types } from "../../../lib/resource-types.ts";
import type { StateResource } from "../../engine/state/backend.ts";
import { money, monthlyCost, type Usage } from "./cost.ts";
import { managedDatabases } from "./usage.ts";

const usage: Usage = {
  containers: [
    { component: "app", cpus: 1, memoryMb: 1024 },
    { component: "app", cpus: 1, memoryMb: 1024 },
    { component: "redis", cpus: 0.5, memoryMb: 256 },
  ],
  managedDatabases: 1,
};
const machine: PriceLine = { item: "machine", per: "container", of: "app", from: 20, to: 30 };
const { prices: table } = priceSettings([machine]);

describe("monthlyCost", () => {
  it("counts what each price is for and sums up both ends", () => {
    const prices: PriceLine[] = [
      machine,
      { item: "database plan", per: "managedDatabase", from: 25, to: 25 },
      { item: "CPUs", per: "cpu", from: 1.1, to: 2 },
      { item: "memory", per: "memoryGib", from: 0.35, to: 0.35 },
      { item: "support", per: "environment", from: 5, to: 5 },
    ];
    const cost = monthlyCost(prices, "USD", usage);
    expect(cost.lines.map(({ quantity, from, to }) => [quantity, from, to])).toEqual([
      ["2 containers of app", 40, 60],
      ["1 managed database", 25, 25],
      ["2.5 CPUs", 2.75, 5],
      ["2.25 GiB of memory", 0.79, 0.79],
      ["1 environment", 5, 5],
    ]);
    expect([cost.from, cost.to, cost.unpriced]).toEqual([73.54, 95.79, []]);
  });

  it("names what runs and has no price", () => {
    const cost = monthlyCost([machine], "USD", usage);
    expect([cost.from, cost.to, cost.unpriced]).toEqual([40, 60, ["redis", "managed database"]]);
  });

  it("asks nothing for what is down", () => {
    const prices: PriceLine[] = [machine, { item: "support", per: "environment", from: 5, to: 5 }];
    const cost = monthlyCost(prices, "USD", { containers: [], managedDatabases: 0 });
    expect([cost.from, cost.to, cost.unpriced]).toEqual([0, 0, []]);
  });
});

describe("money", () => {
  it("shows a span, one amount, and cents where there are some", () => {
    expect(money({ from: 55, to: 70 }, "USD")).toBe("USD 55–70");
    expect(money({ from: 25, to: 25 }, "EUR")).toBe("EUR 25");
    expect(money({ from: 0.5, to: 2 }, "USD")).toBe("USD 0.50–2");
  });
});

describe("a price table", () => {
  const reasons = (value: unknown) =>
    table.schema.safeParse(value).error?.issues.map(({ path, message }) => `${path.join(".")} ${message}`);

  it("takes numbers and texts", () => {
    expect(table.schema.parse([{ ...machine, from: "20.5" }])).toEqual([{ ...machine, from: 20.5 }]);
  });

  it.each([
    [{ ...machine, to: 10 }, "0.to is 10, less than its `from`, 20"],
    [{ ...machine, from: -1 }, "0.from"],
    [{ ...machine, from: 0.001 }, "0.from"],
    [{ ...machine, per: "week" }, "0.per"],
    [{ ...machine, monthly: 3 }, "0.monthly"],
  ])("refuses %j", (line, reason) => {
    expect(reasons([line])?.join()).toContain(reason);
  });
});

describe("managedDatabases", () => {
  const resource = (type: string, parent: string): StateResource => ({
    type,
    parent,
    urn: `${parent}/${type}`,
  });
  const database = types.database;

  it("counts databases on servers that no stack runs", () => {
    expect(
      managedDatabases([
        resource(database, "outside"),
        resource(database, "own"),
        resource("tandem:index:PostgresServer", "own"),
        {
          ...resource(database, "beside others"),
          provider:
            "urn:pulumi:s::p::tandem:index:PostgresServer$pulumi:providers:postgresql::pg-provider::1",
        },
        resource(database, "shared"),
        resource(types.tenant, "shared"),
        { ...resource(database, "gone"), delete: true },
      ]),
    ).toBe(1);
  });
});
