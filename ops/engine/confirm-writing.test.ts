// Which stacks are asked about before something that can write.
import { expect, it } from "vitest";
import { servesProduction } from "./confirm-writing.ts";

it.each<[stack: string, config: Record<string, unknown>, asked: boolean]>([
  ["production", {}, true],
  ["live", { "tandem:policies": { production: true } }, true],
  ["staging", {}, false],
  // The server that production's databases are on.
  ["shared", { "shop:environments": ["staging", "production"] }, true],
  ["shared", { "shop:environments": '["production"]' }, true],
  ["shared", { "shop:environments": ["staging", "preproduction"] }, false],
])("%s with %j", (stack, config, asked) => {
  expect(servesProduction(stack, { config })).toBe(asked);
});
