// Pulumi.yaml's block follows from the settings, by a command that leaves the rest of the file alone.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parse } from "yaml";
import { packageFolder } from "../../setup/paths.ts";
import { configSchema, withBlock } from "./config-schema.ts";

const BLOCK = { port: { type: "integer", description: "A port: of the host.", default: 0 } };

describe("the block", () => {
  it.each([
    [
      "in the middle",
      "# head\nname: shop\nconfig:\n  old: 1 # gone\n\n# of the plugins\nplugins: { a: 1 }\n",
    ],
    ["at the end", "name: shop\nplugins: {a: 1} # kept\n\nconfig:\n  old:\n    type: string\n"],
    ["as nothing", "name: shop\nconfig:\nplugins: {a: 1}\n"],
    ["nowhere", "name: shop\nplugins: {a: 1}"],
    ["in one line", "name: shop\nconfig: { old: 1 }\nplugins: {a: 1}\n"],
  ])("is put in its place: %s", (_, text) => {
    const fresh = withBlock(text, BLOCK);
    expect(parse(fresh)).toEqual({ name: "shop", plugins: { a: 1 }, config: BLOCK });
    for (const kept of text.match(/^#.*$|^plugins:.*$|^name.*$/gm) ?? []) expect(fresh).toContain(kept);
    expect(withBlock(fresh, BLOCK)).toBe(fresh);
  });

  it("keeps what is another's", () => {
    const fresh = withBlock("name: shop\nconfig:\n  docker:host:\n    value: unix:///x\n", BLOCK);
    expect(parse(fresh).config).toEqual({ ...BLOCK, "docker:host": { value: "unix:///x" } });
  });
});

describe("the command", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tandem-schema-"));
    cpSync(join(packageFolder, "stacks/lugh"), folder, { recursive: true });
    vi.spyOn(process.stdout, "write").mockReturnValue(true);
    vi.spyOn(process.stderr, "write").mockReturnValue(true);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    rmSync(folder, { recursive: true, force: true });
  });

  it("says so where the block is right, and writes what is missing", async () => {
    const file = join(folder, "Pulumi.yaml");
    const whole = readFileSync(file, "utf8").replace(
      /system: .*/,
      `system: ${join(packageFolder, "stacks/lugh")}`,
    );
    writeFileSync(file, whole);
    expect(await configSchema({ project: folder })).toBe(0);
    const lacking = whole.replace(/^ {2}hostname:\n( {4}.*\n)+/m, "");
    expect(lacking).not.toBe(whole);
    writeFileSync(file, lacking);
    expect(await configSchema({ project: folder })).toBe(1);
    expect(readFileSync(file, "utf8")).toBe(lacking);
    expect(await configSchema({ project: folder, write: true })).toBe(0);
    expect(parse(readFileSync(file, "utf8"))).toEqual(parse(whole));
    expect(await configSchema({ project: folder })).toBe(0);
  });
});
