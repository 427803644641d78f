// Which pending operations may simply be done again.
import { expect, it } from "vitest";
import { canRepeat } from "./open-ends.ts";

it.each([
  ["creating", "docker:index/container:Container", true],
  ["creating", "docker:index/network:Network", true],
  ["creating", "postgresql:index/role:Role", true],
  ["creating", "random:index/randomPassword:RandomPassword", true],
  ["creating", "tandem:docker:Migration", true],
  // Nobody can tell whether it was made: the engine's own warning stays.
  ["creating", "cloudflare:index/dnsRecord:DnsRecord", false],
  ["creating", "docker:index/service:Service", false],
  // What the state knows is compared and done again.
  ["updating", "cloudflare:index/dnsRecord:DnsRecord", true],
  ["deleting", "docker:index/service:Service", true],
])("%s %s: %s", (type, resourceType, expected) => {
  const resource = { urn: `urn:pulumi:s::p::${resourceType}::x`, type: resourceType };
  expect(canRepeat({ type, resource })).toBe(expected);
});
