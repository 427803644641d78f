// The catalogue: pinned references, a recipe behind each, and the versions that the recipes really hold.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { standInLines } from "./build.ts";
import { appReference, catalog, entriesFor, recipes, referenceOf } from "./catalog.ts";
import { caddy, supercronic, versionOf } from "./go-binary.ts";

describe("catalog", () => {
  it("pins every image to an exact version and has a recipe for it", () => {
    for (const { reference, standIn } of catalog) {
      expect(reference).toMatch(/:v?\d+\.\d+\.\d+[\w.-]*$/);
      expect(existsSync(join(recipes, standIn, "Dockerfile"))).toBe(true);
    }
  });

  it("names the versions that are built", () => {
    expect(referenceOf("caddy")).toBe(`caddy:${versionOf(caddy).slice(1)}-alpine`);
    expect(referenceOf("supercronic")).toBe(`tandem-supercronic:${versionOf(supercronic).slice(1)}`);
    const packages = JSON.parse(readFileSync(join(recipes, "node", "package.json"), "utf8"));
    for (const version of Object.values(packages.optionalDependencies)) {
      expect(referenceOf("node")).toBe(`node:${version}-trixie-slim`);
    }
    const dockerfile = readFileSync(join(recipes, "../../examples/app/Dockerfile"), "utf8");
    expect(dockerfile).toContain(`ARG BASE=${referenceOf("node")}\n`);
  });

  it("has images that only those get who ask for them", () => {
    const names = (needed?: Parameters<typeof entriesFor>[0]) =>
      entriesFor(needed).map(({ standIn }) => standIn);
    expect(names()).toEqual(["postgres", "redis", "caddy", "node"]);
    expect(names([referenceOf("whisper")])).toEqual([...names(), "whisper"]);
    expect(names([referenceOf("nats")])).toEqual([...names(), "nats"]);
    expect(names("all")).toEqual(catalog.flatMap(({ standIn, longForm }) => (longForm ? [] : [standIn])));
  });

  it("tags the example app with its version", () => {
    expect(appReference()).toMatch(/^tandem-example:\d+\.\d+\.\d+$/);
  });
});

describe("standInLines", () => {
  it("tells of stand-ins only", () => {
    expect(
      standInLines([
        { reference: "a:1", kind: "official", current: true, id: "sha256:1" },
        { reference: "b:2", kind: "stand-in", current: true, id: "sha256:2", note: "other" },
      ]),
    ).toEqual(["b:2 is a stand-in: other"]);
  });
});
