// What makes an image be built anew: what Docker would send, and nothing else.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { contextHash } from "./build-context.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "tandem-context-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(files: Record<string, string>, folder = root): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

/** Whether the hash is another one after the files are written. */
function changes(files: Record<string, string>, folder = root): boolean {
  const before = contextHash(folder);
  write(files, folder);
  return contextHash(folder) !== before;
}

describe("contextHash", () => {
  it("B2: sees a change in any folder, also in a context below dist, node_modules or .git", () => {
    for (const place of ["dist/app", "node_modules/x", ".git/worktree"]) {
      const folder = join(root, place);
      write({ Dockerfile: "FROM scratch", "src/a": "1" }, folder);
      expect(changes({ "src/a": "2" }, folder)).toBe(true);
      expect(changes({ "dist/bundle.js": "1" }, folder)).toBe(true);
      expect(changes({ "node_modules/b": "1" }, folder)).toBe(true);
    }
  });

  it("B2: leaves out what .dockerignore names, with exceptions, and the Dockerfile never", () => {
    write({ ".dockerignore": "# a comment\nnode_modules\n**/*.log\nbuild/*\n!build/keep\nDockerfile\n" });
    expect(changes({ "node_modules/a/b": "1" })).toBe(false);
    expect(changes({ "deep/down/x.log": "1" })).toBe(false);
    expect(changes({ "build/x": "1" })).toBe(false);
    expect(changes({ "build/keep": "1" })).toBe(true);
    expect(changes({ Dockerfile: "FROM scratch" })).toBe(true);
    expect(changes({ ".dockerignore": "node_modules\n" })).toBe(true);
    expect(changes({ "src/node_modules/a": "1" })).toBe(true);
  });

  it("B2: takes the rules beside the Dockerfile before those of the folder", () => {
    write({ ".dockerignore": "a\n", "Dockerfile.dockerignore": "b\n" });
    expect(changes({ a: "1" })).toBe(true);
    expect(changes({ b: "1" })).toBe(false);
  });

  it("is the same for git's own changes, and another where a link leads elsewhere", () => {
    write({ a: "1" });
    expect(changes({ ".git/FETCH_HEAD": "1" })).toBe(false);
    symlinkSync("a", join(root, "link"));
    const before = contextHash(root);
    rmSync(join(root, "link"));
    symlinkSync("b", join(root, "link"));
    expect(contextHash(root)).not.toBe(before);
  });

  it("reads a file piece by piece", () => {
    const piece = "x".repeat(1024 * 1024);
    write({ large: `${piece}${piece}a` });
    expect(changes({ large: `${piece}${piece}b` })).toBe(true);
  });
});
