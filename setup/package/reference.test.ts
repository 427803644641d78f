// The reference of the components: as current as their doc comments, and nothing public is without one.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { packageRoot } from "../paths.ts";
import { readSections, renderReference, undocumented } from "./reference.ts";

describe("docs/reference.md", () => {
  let sections: ReturnType<typeof readSections>;

  beforeAll(() => {
    sections = readSections();
  }, 120_000);

  it("is as current as the doc comments", () => {
    const page = readFileSync(join(packageRoot, "docs/reference.md"), "utf8");
    expect(page === renderReference(sections), "run: npm run reference").toBe(true);
  });

  it("names each argument with its type, its default and what it is for", () => {
    const service = sections.exported.find(({ name }) => name === "AppServiceArgs");
    const entry = (name: string) => service?.entries.find((one) => one.name === name);
    expect(entry("replicas")).toEqual({
      name: "replicas",
      type: "number",
      required: false,
      default: "1",
      doc: "Containers that run at the same time.",
    });
    expect(entry("health")).toMatchObject({ type: "pulumi.Input<HealthCheck>", required: true });
    // Of a type that is put together from others, too.
    const server = sections.exported.find(({ name }) => name === "ContainerServer");
    expect(server?.entries.map(({ name }) => name)).toEqual(expect.arrayContaining(["kind", "limits"]));
  });

  it("has nothing public without a doc comment", () => {
    expect(undocumented(sections)).toEqual([]);
    const bare = { name: "Bare", doc: "", entries: [] };
    const entry = { name: "x", type: "string", required: true, default: "", doc: "" };
    expect(undocumented({ exported: [bare], named: [{ ...bare, doc: "Some.", entries: [entry] }] })).toEqual([
      "Bare",
      "Bare.x",
    ]);
  });
});
