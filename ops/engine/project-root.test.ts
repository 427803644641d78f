// Which folder a command works on, in a repository of anybody's.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { packageRoot } from "../../setup/paths.ts";
import { defaultProject, projectRoot, repositoryAbove } from "./project-root.ts";
import { systemFolder, systemNames } from "./systems.ts";

let root: string;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "tandem-root-")));
});

afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, text = ""): void {
  mkdirSync(join(root, path, ".."), { recursive: true });
  writeFileSync(join(root, path), text);
}

/** A system's project; `tandem` is what makes it one. */
function system(folder: string, name = "shop", more = ""): void {
  write(join(folder, "Pulumi.yaml"), `name: ${name}\nruntime: nodejs\ntandem: { system: . }\n${more}`);
}

describe("the root of a repository", () => {
  it("is where the package is installed, however deep one is", () => {
    write("node_modules/tandem/package.json", "{}");
    write("packages/web/package.json", "{}");
    expect(repositoryAbove(join(root, "packages/web"))).toBe(root);
  });

  it("is where the package.json is, else the git repository, else the folder itself", () => {
    mkdirSync(join(root, "sub/deep"), { recursive: true });
    expect(repositoryAbove(join(root, "sub/deep"))).toBe(join(root, "sub/deep"));
    mkdirSync(join(root, ".git"));
    expect(repositoryAbove(join(root, "sub/deep"))).toBe(root);
    write("sub/package.json", "{}");
    expect(repositoryAbove(join(root, "sub/deep"))).toBe(join(root, "sub"));
  });

  it("is the checkout's own where the code runs from one, wherever one is", () => {
    expect(projectRoot()).toBe(packageRoot);
    expect(defaultProject(packageRoot, tmpdir())).toBe(packageRoot);
    expect(defaultProject(packageRoot, join(packageRoot, "stacks/lugh"))).toBe(
      join(packageRoot, "stacks/lugh"),
    );
  });
});

describe("the project to work on", () => {
  it("is the only one, from anywhere in the repository", () => {
    system("infra");
    mkdirSync(join(root, "src"));
    expect(defaultProject(root, join(root, "src"))).toBe(join(root, "infra"));
  });

  it("is that of the folder that one is in, before all others", () => {
    system("infra");
    system("stacks/books", "books");
    mkdirSync(join(root, "stacks/books/notes"));
    expect(defaultProject(root, join(root, "stacks/books/notes"))).toBe(join(root, "stacks/books"));
  });

  it("is asked for where there are several, and made where there is none", () => {
    expect(() => defaultProject(root, root)).toThrow(`there is no system in ${root}`);
    system("infra");
    system("stacks/books", "books");
    expect(() => defaultProject(root, root)).toThrow("there are several systems: books, infra");
  });
});

describe("the systems of a repository", () => {
  it("are the folders with a Pulumi.yaml that names settings, by folder or project", () => {
    system("infra", "shop");
    system("stacks/books", "book-club");
    write("website/Pulumi.yaml", "name: website\nruntime: nodejs\n");
    write("broken/Pulumi.yaml", "tandem: [\n");
    system("template", "shop", "template: { description: none itself }\n");
    system("node_modules/tandem/docs", "shop");
    expect(systemNames(root)).toEqual(["books", "infra"]);
    expect(systemFolder("books", root)).toBe(join(root, "stacks/books"));
    expect(systemFolder("book-club", root)).toBe(join(root, "stacks/books"));
    expect(() => systemFolder("website", root)).toThrow('there is no system "website"');
  });
});
