// Kamal's files of somebody who means harm: no line of a page forged, no command printed that runs another one, nothing read or built
// from outside the folder, no secret in the topology.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { withoutErb } from "./erb.ts";
import { accessory, KamalFolder, option } from "./testing.ts";

let folder: KamalFolder;
let outside: string;

beforeEach(() => {
  folder = new KamalFolder();
  outside = mkdtempSync(join(tmpdir(), "tandem-outside-"));
});

afterEach(() => {
  folder.remove();
  rmSync(outside, { recursive: true, force: true });
});

describe("the page and the terminal show its names as what they are", () => {
  it("a role's and an accessory's name makes no heading", async () => {
    const forged = '"x\\n\\n## Forged\\e[8m"';
    const { text, plan } = await folder.kamal(
      `servers: { web: [localhost], ${forged}: { hosts: [localhost], labels: { a: b } } }
accessories: { ${forged.replace("x", "y")}: { image: "mysql:8.4", host: localhost, labels: { a: b } } }`,
    );
    expect(plan.notes.all.map(({ subject }) => subject)).toContain("x\\n\\n## Forged\\x1b[8m");
    expect(text("IMPORT.md")).not.toMatch(/^## Forged/m);
    expect(text("IMPORT.md")).not.toContain("\u001b");
  });

  it("nor does the name of a file of secrets", async () => {
    const { text } = await folder.kamal('secrets_path: ".kamal/x\\n## Forged"', {
      ".kamal/x\n## Forged": "A=b\n",
    });
    expect(text("IMPORT.md")).toContain("## Forged");
    expect(text("IMPORT.md")).not.toMatch(/^## Forged/m);
  });

  it("a file's name is a word of the command that names it", async () => {
    const { told } = await folder.kamal("", { "config/deploy.eu;touch ran;.yml": "labels: {}\n" });
    expect(told).toContain("--staging 'config/deploy.yml,config/deploy.eu;touch ran;.yml' --production");
  });
});

it("no text of theirs is code in what is made of it", async () => {
  const code = "$" + "{FORGED()}\n*/ FORGED(); //\u2028";
  const [text, words, volume] = [`FORGED"'\`${code}`, `FORGED\`${code}`, `v:/FORGED"'\`${code}`].map((one) =>
    JSON.stringify(one),
  );
  const { topology, settings } = await folder.kamal(
    `servers: { web: [localhost], ${text}: { hosts: [localhost], cmd: ${words}, options: { workdir: ${text}, sysctl: [${text}] } } }
env: { clear: { A: ${text} } }
builder: { arch: amd64, args: { ${text}: ${text} }, target: ${text} }
proxy: { host: shop.example.com, path_prefix: ${text}, healthcheck: { path: ${text} } }
volumes: [${text}, ${volume}]
accessories: { ${words}: { service: ${text}, image: ${text}, host: ${text}, port: ${text} } }`,
  );
  for (const made of [topology, settings]) {
    const file = ts.createSourceFile("x.ts", made, ts.ScriptTarget.Latest, true);
    expect("parseDiagnostics" in file && file.parseDiagnostics).toEqual([]);
    const names: string[] = [];
    const visit = (node: ts.Node): void => {
      if (ts.isIdentifier(node)) names.push(node.text);
      ts.forEachChild(node, visit);
    };
    visit(file);
    expect(names.filter((name) => name.includes("FORGED"))).toEqual([]);
  }
  expect(topology).toContain("FORGED");
});

it("an accessory's image with a name that every object has is one without a usual port", async () => {
  const { topology } = await folder.kamal(accessory("labels: {}", "__proto__:1"));
  expect(topology).toContain('health: { command: ["true"] }');
});

describe("nothing comes from outside the folder", () => {
  it("a file that a link leads to", async () => {
    writeFileSync(join(outside, "id"), "of the host");
    mkdirSync(join(folder.root, "config"));
    symlinkSync(join(outside, "id"), join(folder.root, "config/own.cnf"));
    const { topology, told } = await folder.kamal(accessory("files: ['config/own.cnf:/etc/own.cnf']"));
    expect(topology).not.toContain("readFileSync");
    expect(told).toMatch(/decide data: the host's .*config\/own\.cnf at \/etc\/own\.cnf is not taken/);
  });

  it.each(["..", "/", "sub/../.."])("an image built from %s", async (context) => {
    const { told, topology } = await folder.kamal(`builder: { arch: amd64, context: "${context}" }`);
    expect(topology).not.toContain("context:");
    expect(told).toMatch(/decide all: builder\.context lies outside the folder/);
  });
});

it("parts of a secret URL that may be secret stay out of the topology", async () => {
  const { topology, told, plan } = await folder.kamal(
    `env: { secret: [DATABASE_URL] }\naccessories: { db: { image: "postgres:17.2", host: localhost } }`,
    { ".kamal/secrets": "DATABASE_URL=postgres://u:p@shop-db/x?sslmode=require&pool=9&own=hunter2\n" },
  );
  expect(topology).toContain('+ "?sslmode=require&pool=9"');
  expect(topology + told + JSON.stringify(plan.notes.all)).not.toContain("hunter2");
});

it("a folder that is built as it lies is one without what git leaves out", async () => {
  const bare = await folder.kamal("");
  expect(bare.told).toMatch(/decide all: Kamal builds from a clone .*\.dockerignore/);
  const { told } = await folder.kamal("", { ".dockerignore": ".env*\n" });
  expect(told).not.toContain("builds from a clone");
});

it("an option with a name that every object has is told of as any other", async () => {
  const { told } = await folder.kamal(option("constructor: x"));
  expect(told).toContain("decide job: options.constructor is not taken");
});

describe("ERB", () => {
  it("without an end takes no time", () => {
    const begin = performance.now();
    expect(() => withoutErb(`a: ${"<%".repeat(100_000)}`, "deploy.yml")).toThrow(/deploy\.yml:1/);
    expect(performance.now() - begin).toBeLessThan(2000);
  });

  it.each(["<% if ENV['X'] %>", "<% 2.times do %>", "<% end %>"])("in a comment counts: # %s", (tag) => {
    expect(() => withoutErb(`a: 1\n# ${tag}\nb: 2`, "deploy.yml")).toThrow(
      /deploy\.yml:2 decides what is in the file/,
    );
  });

  it("in a comment that only says a value is none", () => {
    const text = 'a: 1\n# host: <%= ENV["HOST"] %>, <%# if %>\n# <% puts 1 %>';
    expect(withoutErb(text, "deploy.yml")).toEqual({ text, missing: new Map(), left: [] });
  });
});
