// What `tandem new` and `tandem init` make, and what they refuse.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { packageRoot } from "../../setup/paths.ts";
import { createSystem, nameFor } from "./new-system.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "tandem-new-"));
  mkdirSync(join(root, "stacks"));
});

afterEach(() => rmSync(root, { recursive: true }));

const read = (...path: string[]) => readFileSync(join(root, ...path), "utf8");
const all = () => readdirSync(root, { recursive: true });

describe("tandem new", () => {
  it("a new system has every file of the template under its own name", () => {
    const folder = createSystem("book-club", { root });
    expect(readdirSync(folder)).toEqual(readdirSync(join(packageRoot, "docs/template")));
    for (const file of readdirSync(folder))
      expect(readFileSync(join(folder, file), "utf8")).not.toMatch(/shop/);
    const staging = readFileSync(join(folder, "Pulumi.staging.yaml"), "utf8");
    expect(staging).toContain("book-club:hostname: staging-book-club.localhost");
    const project = parse(read("stacks/book-club/Pulumi.yaml"));
    expect(project.plugins.providers).toEqual([{ name: "tandem", path: "../../provider" }]);
    // A project with it would be a template.
    expect(project).not.toHaveProperty("template");
  });

  it("a second one gets ports of its own", () => {
    const portsOf = (folder: string) =>
      readFileSync(join(folder, "Pulumi.staging.yaml"), "utf8").match(/(?<=Port: )\d+/g);
    expect(portsOf(createSystem("first", { root }))).toEqual(["3601", "15601"]);
    expect(portsOf(createSystem("second", { root }))).toEqual(["3611", "15611"]);
  });

  it.each([
    ["../elsewhere", "must be lower-case letters"],
    ["Shop", "must be lower-case letters"],
    ["a-name-that-no-database-takes", "is longer than 20 characters"],
    ["", "is empty"],
    ["taken", "stacks/taken is there already"],
  ])("refuses %j and leaves nothing behind", (name, reason) => {
    mkdirSync(join(root, "stacks/taken"));
    writeFileSync(join(root, "stacks/taken/note"), "kept");
    const before = all();
    expect(() => createSystem(name, { root })).toThrow(reason);
    expect(all()).toEqual(before);
  });
});

describe("tandem init", () => {
  const init = (name: string, folder = "infra") =>
    createSystem(name, { root, folder: join(root, folder), installed: true });

  it("makes a system that needs nothing of the repository but the installed package", () => {
    mkdirSync(join(root, "node_modules/tandem/provider"), { recursive: true });
    init("shop");
    expect(readdirSync(join(root, "infra")).sort()).toEqual(
      [
        ...["Pulumi.production.yaml", "Pulumi.staging.yaml", "Pulumi.yaml"],
        ...["main.ts", "package.json", "settings.ts", "topology.ts", "tsconfig.json"],
      ].sort(),
    );
    const { plugins, tandem } = parse(read("infra/Pulumi.yaml"));
    expect(plugins.providers).toEqual([{ name: "tandem", path: "../node_modules/tandem/provider" }]);
    expect(tandem).toEqual({ system: "." });
    for (const file of ["main.ts", "settings.ts", "topology.ts"]) {
      expect(read("infra", file)).not.toMatch(/from "\.\.\//);
    }
  });

  it("says that its files are ES modules only where the repository doesn't", () => {
    writeFileSync(join(root, "package.json"), '{"type": "module"}');
    init("shop");
    expect(readdirSync(join(root, "infra"))).not.toContain("package.json");
  });

  it("adds to a folder with other files, and never overwrites one", () => {
    mkdirSync(join(root, "infra"));
    writeFileSync(join(root, "infra/compose.yaml"), "services: {}\n");
    init("shop");
    expect(read("infra/compose.yaml")).toBe("services: {}\n");
    writeFileSync(join(root, "infra/topology.ts"), "// Mine.\n");
    const before = all();
    expect(() => init("other")).toThrow(/infra has .*topology.ts.* already, and nothing is overwritten/);
    expect(all()).toEqual(before);
    expect(read("infra/topology.ts")).toBe("// Mine.\n");
  });

  it("takes the root, whose own package.json and tsconfig.json stay, unless its files are CommonJS", () => {
    writeFileSync(join(root, "package.json"), '{"type": "commonjs"}');
    writeFileSync(join(root, "tsconfig.json"), "{}");
    const before = all();
    expect(() => init("shop", ".")).toThrow("package.json says that the files beside it are CommonJS");
    expect(all()).toEqual(before);
    writeFileSync(join(root, "package.json"), "{}");
    init("shop", ".");
    expect([read("package.json"), read("tsconfig.json")]).toEqual(["{}", "{}"]);
    expect(parse(read("Pulumi.yaml")).plugins.providers[0].path).toMatch(
      /^(?!\.\.\/node_modules).*provider$/,
    );
  });

  it("refuses a second project of the same name, which would take the first one's containers for its own", () => {
    init("shop");
    expect(() => init("shop", "deploy")).toThrow("shop is the name of the system in infra");
  });

  it.each([
    ["@acme/Web_Shop", "web-shop"],
    ["2048-game", "game"],
    ["a-very-long-name-of-a-package", "a-very-long-name-of"],
    ["42", "app"],
  ])("calls the system of the package %j %s", (name, expected) => {
    writeFileSync(join(root, "package.json"), JSON.stringify({ name }));
    expect(nameFor(root)).toBe(expected);
  });
});
