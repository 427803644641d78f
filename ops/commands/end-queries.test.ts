import { expect, it } from "vitest";
import { serversOf } from "./end-queries.ts";

const resource = (type: string, outputs: Record<string, unknown>) => ({ type, urn: `urn::${type}`, outputs });

it("finds a stack's databases and shared Redis servers in its state, each once", () => {
  const resources = [
    resource("tandem:postgres:TakeBack", { containerId: "pg", database: "shop" }),
    resource("tandem:postgres:TakeBack", { containerId: "pg", database: "shop" }),
    resource("tandem:redis:AclUser", { container: "redis", user: "staging" }),
    resource("tandem:redis:Keys", { container: "other" }),
  ];
  const found = serversOf({ resources } as never);
  expect(found).toEqual({ databases: [{ containerId: "pg", name: "shop" }], redis: ["redis"] });
  expect(serversOf({})).toEqual({ databases: [], redis: [] });
});
