// A later compose file over an earlier one, by the specification's rules.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadCompose } from "./load.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tandem-compose-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

function load(files: Record<string, string>) {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return loadCompose({ folder, files: Object.keys(files) });
}

describe("a later file over an earlier one", () => {
  const merge = (one: string, other: string) =>
    load({
      "a.yml": `services:\n  web: { image: web:1, ${one} }\n`,
      "b.yml": `services:\n  web: { ${other} }\n`,
    }).services.web;

  it.each([
    [
      "maps are merged",
      "environment: [A=1, B=1]",
      "environment: { B: 2 }",
      { environment: { A: "1", B: 2 } },
    ],
    ["lists are appended", "expose: [1]", "expose: [2]", { expose: [1, 2] }],
    ["commands are replaced", "command: a b", "command: c", { command: ["c"] }],
    [
      "volumes are one by target",
      'volumes: ["one:/x", "two:/y"]',
      'volumes: ["three:/x"]',
      { volumes: [{ type: "volume", source: "three", target: "/x" }, { source: "two" }] },
    ],
    [
      "ports are one by all that they say",
      "ports: [80, '1:2']",
      "ports: [80, '3:2']",
      { ports: [{}, { published: 1 }, { published: 3 }] },
    ],
    ["!override replaces", "ports: [80]", "ports: !override [81]", { ports: [{ target: 81 }] }],
    [
      "!reset takes away",
      "environment: { A: 1, B: 2 }",
      "environment: { A: !reset null }",
      { environment: { B: 2 } },
    ],
  ])("%s", (_, one, other, expected) => {
    const merged = merge(one, other);
    expect(merged).toMatchObject(expected);
    for (const [key, value] of Object.entries(expected)) {
      if (Array.isArray(value)) expect(merged?.[key]).toHaveLength(value.length);
    }
  });

  it.each(["[]", "null"])("!reset %s takes a whole list away", (what) => {
    expect(merge("ports: [80]", `ports: !reset ${what}`)).not.toHaveProperty("ports");
  });

  it("a mount that was read-only isn't because it was", () => {
    expect(merge("volumes: ['./a:/x:ro']", "volumes: ['./b:/x']")?.volumes).toEqual([
      { type: "bind", source: join(folder, "b"), target: "/x" },
    ]);
  });

  it.each<[string, string, unknown]>([
    ["!reset a service", "db: !reset null", { web: { image: "web:1" } }],
    ["!override one", "db: !override { image: 'db:2' }", { db: { image: "db:2", environment: {} } }],
    [
      "!override a build's arguments",
      "web: { build: { args: !override { B: 2 } } }",
      { web: { build: { args: { B: 2 } } } },
    ],
  ])("the two tags act on %s", (_, later, expected) => {
    const { services } = load({
      "a.yml":
        "services:\n  web: { image: 'web:1', build: { args: { A: 1 } } }\n  db: { image: 'db:1', init: true }\n",
      "b.yml": `services:\n  ${later}\n`,
    });
    expect(services).toMatchObject(expected as object);
    expect(JSON.stringify(services)).not.toMatch(/!reset|"A":1,"B"|"db:1".*"db:2"/);
    if (later.includes("!reset")) expect(services).not.toHaveProperty("db");
    if (later.includes("db: !override")) expect(services.db).not.toHaveProperty("init");
  });
});
