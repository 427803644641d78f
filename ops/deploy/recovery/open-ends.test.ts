// Which pending operations may simply be done again.

import { expect, it } from "vitest";
import { types } from "../../../lib/resource-types.ts";
import { canRepeat } from "./open-ends.ts";

it.each([
  ["creating", types.container, true],
  ["creating", types.network, true],
  ["creating", types.role, true],
  ["creating", types.password, true],
  ["creating", types.migration, true],
  // Nobody can tell whether it was made: the engine's own warning stays.
  ["creating", types.dnsRecord, false],
  ["creating", types.swarmService, false],
  // What the state knows is compared and done again.
  ["updating", types.dnsRecord, true],
  ["deleting", types.swarmService, true],
])("%s %s: %s", (type, resourceType, expected) => {
  const resource = { urn: `urn:pulumi:s::p::${resourceType}::x`, type: resourceType };
  expect(canRepeat({ type, resource })).toBe(expected);
});
