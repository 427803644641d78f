import { expect, it } from "vitest";
import { types } from "../../lib/resource-types.ts";
import { serversOf } from "./end-queries.ts";

const resource = (type: string, outputs: Record<string, unknown>) => ({ type, urn: `urn::${type}`, outputs });

it("finds a stack's databases and shared Redis servers in its state, each once", () => {
  const resources = [
    resource(types.takeBack, { containerId: "pg", database: "shop" }),
    resource(types.takeBack, { containerId: "pg", database: "shop" }),
    resource(types.redisUser, { container: "redis", user: "staging" }),
    resource(types.redisKeys, { container: "other" }),
  ];
  const found = serversOf({ resources } as never);
  expect(found).toEqual({ databases: [{ containerId: "pg", name: "shop" }], redis: ["redis"] });
  expect(serversOf({})).toEqual({ databases: [], redis: [] });
});
