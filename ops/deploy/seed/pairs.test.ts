// Which databases of two environments stand for each other.
import { expect, it } from "vitest";
import { types } from "../../../lib/resource-types.ts";
import type { Deployment } from "../../engine/state/backend.ts";
import { databasePairs, unpaired } from "./pairs.ts";

/** An environment with two databases, the second of an application that migrates by itself. */
const environment = (name: string): Deployment => {
  const one = (type: string, last: string, outputs: object) => ({
    urn: `urn::x::${type}::${last}`,
    type,
    outputs,
  });
  const database = { name: `shop_${name}`, containerId: name };
  return {
    resources: [
      one(types.takeBack, "main-take-back", { database: `shop_${name}` }),
      one(types.takeBack, "cms-take-back", { database: `shop_${name}_cms` }),
      one(types.migration, "app-migration", { database }),
    ],
  } as unknown as Deployment;
};

it("pairs those that a migration of the same name changes, and names the others", () => {
  const [from, to] = [environment("production"), environment("staging")];
  const pairs = databasePairs(from, to);
  expect(pairs.map((pair) => [pair.from.name, pair.to.name])).toEqual([["shop_production", "shop_staging"]]);
  expect(unpaired(to, pairs)).toEqual(["shop_staging_cms"]);
});
