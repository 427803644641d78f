// The hash that decides about building: it must see every change and nothing else.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { filesUnder, sourceHash } from "./source-hash.ts";

let folder: string;
const hash = (...extra: string[]) => sourceHash(folder, filesUnder(folder), extra);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "source-hash-"));
  mkdirSync(join(folder, "sub"));
  writeFileSync(join(folder, "a.txt"), "one");
  writeFileSync(join(folder, "sub", "b.sh"), "two");
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("filesUnder", () => {
  it("lists files in a fixed order and leaves build results out", () => {
    mkdirSync(join(folder, "node_modules"));
    writeFileSync(join(folder, "node_modules", "x.js"), "");
    expect(filesUnder(folder)).toEqual(["a.txt", "sub/b.sh"]);
    expect(filesUnder(folder, ["sub"])).toEqual(["sub/b.sh"]);
  });
});

describe("sourceHash", () => {
  it("stays when nothing but times change", () => {
    const before = hash("x");
    utimesSync(join(folder, "a.txt"), 1, 1);
    expect(hash("x")).toBe(before);
  });

  it("changes with a content, a name, an execute bit, an extra", () => {
    const seen = new Set([hash()]);
    writeFileSync(join(folder, "a.txt"), "three");
    seen.add(hash());
    writeFileSync(join(folder, "c.txt"), "");
    seen.add(hash());
    chmodSync(join(folder, "sub", "b.sh"), 0o755);
    seen.add(hash());
    seen.add(hash("extra"));
    expect(seen.size).toBe(5);
  });

  it("tells apart what only looks alike when joined", () => {
    expect(sourceHash(folder, [], ["ab", "c"])).not.toBe(sourceHash(folder, [], ["a", "bc"]));
  });
});
