// Counting and addressing what a state holds.

import { describe, expect, it } from "vitest";
import { types } from "../../lib/resource-types.ts";
import { addressOf, changes, curlCommand, inventory, stackOutputs } from "./inventory.ts";
import type { StateResource } from "./state/backend.ts";

const resource = (type: string, name: string, id: string): StateResource => ({
  urn: `urn:pulumi:staging::oracle::${type}::${name}`,
  type,
  id,
});
const container = (name: string, id: string) => resource(types.container, name, id);
const network = resource(types.network, "net", "n1");

describe("inventory", () => {
  it("counts by kind, singular and plural", () => {
    expect(inventory([container("a", "1"), container("b", "2"), network])).toBe("2 containers, 1 network");
  });

  it("leaves out what only waits for its deletion, and kinds nobody asks about", () => {
    const old = { ...container("a", "0"), delete: true };
    expect(inventory([old, container("a", "1"), resource("pulumi:providers:docker", "p", "x")])).toBe(
      "1 container",
    );
  });

  it("is empty for nothing", () => expect(inventory([])).toBe(""));
});

describe("changes", () => {
  it("sees a replaced container as made and removed", () => {
    const before = { resources: [container("a", "1"), network] };
    const after = { resources: [container("a", "2"), network] };
    expect(changes(before, after)).toEqual({ made: "1 container", removed: "1 container" });
  });

  it("sees a first run as made", () => {
    expect(changes(undefined, { resources: [network] })).toEqual({ made: "1 network", removed: "" });
  });

  it("sees a run without changes as nothing", () => {
    expect(changes({ resources: [network] }, { resources: [network] })).toEqual({ made: "", removed: "" });
  });
});

describe("address", () => {
  it("reads hostname, urls and gateway", () => {
    const outputs = {
      hostname: "app.example.com",
      urls: ["https://app.example.com"],
      gateway: "127.0.0.1:3101",
    };
    expect(addressOf(outputs)).toEqual(outputs);
  });

  it("takes a single url too, and passes over encrypted and unknown values", () => {
    const secret = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };
    expect(addressOf({ url: "http://x", hostname: secret, gateway: "" })).toEqual({ urls: ["http://x"] });
  });

  it("makes a command to try it", () => {
    expect(curlCommand({ urls: [], gateway: "0.0.0.0:3101", hostname: "a.b" })).toBe(
      "curl -H 'Host: a.b' http://127.0.0.1:3101/",
    );
    expect(curlCommand({ urls: [] })).toBeUndefined();
  });

  it("finds the stack's outputs", () => {
    const stack = { ...resource(types.stack, "s", ""), outputs: { url: "http://x" } };
    expect(stackOutputs({ resources: [network, stack] })).toEqual({ url: "http://x" });
    expect(stackOutputs(undefined)).toEqual({});
  });
});
