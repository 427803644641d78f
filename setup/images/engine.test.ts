// What the engine's words about a failed pull mean, and on which network builds run.
import { describe, expect, it } from "vitest";
import { buildNetwork, pullFailure } from "./engine.ts";

describe("pullFailure", () => {
  it.each([
    "Error response from daemon: manifest for redis:7.2.99 not found: manifest unknown: manifest unknown",
    "Error response from daemon: pull access denied for nobody/nothing, repository does not exist",
    "no matching manifest for linux/riscv64 in the manifest list entries",
    "toomanyrequests: You have reached your pull rate limit",
  ])("a registry said no: %s", (output) => expect(pullFailure(output)).toBe("absent"));

  it.each([
    'Get "https://registry.example/v2/": dial tcp: lookup registry.example: no such host',
    "dial tcp 192.0.2.1:443: connect: connection refused",
    "net/http: request canceled while waiting for connection",
    "x509: certificate signed by unknown authority",
    "",
  ])("no registry: %s", (output) => expect(pullFailure(output)).toBe("unreachable"));
});

it("builds run on Docker's own network unless somebody says otherwise", () => {
  expect(buildNetwork({})).toBe("default");
  expect(buildNetwork({ TANDEM_BUILD_NETWORK: "" })).toBe("default");
  expect(buildNetwork({ TANDEM_BUILD_NETWORK: "host" })).toBe("host");
  expect(() => buildNetwork({ TANDEM_BUILD_NETWORK: "container:x" })).toThrow("TANDEM_BUILD_NETWORK");
});
