// What of Kamal's files is never run, and what is refused, with its place and without a value.
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { KamalFolder, PROJECT, WEB } from "./testing.ts";

let folder: KamalFolder;

beforeEach(() => {
  folder = new KamalFolder();
});

afterEach(() => folder.remove());

describe("ERB is never run", () => {
  it("a value by it is one that isn't known", async () => {
    const { told, topology } = await folder.kamal(
      `env:\n  clear:\n    REVISION: <%= \`touch ran\` %>\n    A: "<%= ENV.fetch("A_KEY", "b") %>/x" # <%= 1 %>\n# <%# if true %>\nlabels: { by: <%= ENV["USER"] %> }`,
    );
    expect(told).toMatch(/REVISION of staging has no value: config\/deploy\.yml:7 has it by ERB/);
    expect(told).toMatch(/A of production has no value: config\/deploy\.yml:8 has it by ERB/);
    expect(topology).not.toMatch(/REVISION|\uE000/);
    for (const place of [process.cwd(), folder.root]) expect(existsSync(join(place, "ran"))).toBe(false);
  });

  it("what says no value is left out, and told", async () => {
    const { told } = await folder.kamal(
      `<% require "dotenv"; Dotenv.load(".env") %>\n${WEB}<% begin; x; rescue LoadError; end %>\n`,
    );
    expect(told).toMatch(/config\/deploy\.yml:4 runs Ruby/);
    expect(told).toMatch(/config\/deploy\.yml:6 runs Ruby/);
  });

  it.each([
    [
      "a condition",
      "<% if ENV['X'] %>\nlabels: {}\n<% end %>",
      /deploy\.yml:\d+ decides what is in the file by ERB/,
    ],
    ["a loop", "<% 2.times do |n| %>\nlabels: {}\n<% end %>", /decides what is in the file/],
    ["a key", "labels:\n  <%= x %>: y", /deploy\.yml:\d+ makes keys or lines by ERB/],
    ["lines", "labels:\n  <%= x.to_yaml %>", /makes keys or lines/],
    ["several lines", "labels:\n  a: <%= [\n  1] %>", /deploy\.yml:\d+ has Ruby on several lines/],
  ])("%s by it is refused", async (_, lines, expected) => {
    await expect(folder.kamal(lines)).rejects.toThrow(expected);
  });
});

describe("is refused, with its place and without a value", () => {
  it.each([
    ["YAML that is none", "env: { a: [hunter2 }", /config\/deploy\.yml:\d+ /],
    ["a key twice", "labels: {}\nlabels: {}", /config\/deploy\.yml:6 has labels twice/],
    ["a list for a map", "env: [hunter2]", /deploy\.yml:5 has env in a form that Kamal doesn't know/],
    ["a map for text", "volumes: [{ hunter2: x }]", /has volumes\.0 in a form/],
    ["a number of another kind", "deploy_timeout: { hunter2: 1 }", /has deploy_timeout in a form/],
    [
      "hosts of an accessory",
      "accessories: { db: { hosts: hunter2 } }",
      /has accessories\.db\.hosts in a form/,
    ],
    [
      "a cmd with an open quote",
      'servers: { web: { hosts: [a], cmd: "\'hunter2" } }',
      /web, whose cmd has a quote/,
    ],
    [
      "aliases without end",
      `x-a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1]
x-b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]
x-c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]
x-d: [*c, *c, *c, *c, *c, *c, *c, *c, *c]`,
      /aliases/,
    ],
    ["no servers", "servers: {}", /name no servers and no accessories/],
  ])("%s", async (_, lines, expected) => {
    const error: unknown = await folder.kamal(lines).catch((one) => one);
    expect(String(error)).toMatch(expected);
    expect(String(error)).not.toContain("hunter2");
  });

  it("a file that leads out of the folder, is too long, or is a secret file with a line that is none", async () => {
    const below = join(folder.root, "app/config");
    mkdirSync(below, { recursive: true });
    writeFileSync(join(folder.root, "outside.yml"), PROJECT + WEB);
    symlinkSync(join(folder.root, "outside.yml"), join(below, "deploy.yml"));
    await expect(folder.import({}, false, "app")).rejects.toThrow(/leads out of the folder/);
    await expect(folder.kamal(`# ${"x".repeat(1_000_001)}`)).rejects.toThrow(/has \d+ characters/);
    await expect(folder.kamal("", { ".kamal/secrets": "A=1\n- hunter2\n" })).rejects.toThrow(
      /^\.kamal\/secrets line 2 is no NAME=value$/,
    );
  });

  it("flags of compose", async () => {
    folder.write({ "config/deploy.yml": PROJECT + WEB });
    await expect(folder.import({ envFile: [".env"] })).rejects.toThrow(/--env-file is for compose files/);
  });
});
