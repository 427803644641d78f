// Keeps docs/security.md true: each test that it names is there, and each finding has one.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..");
const page = readFileSync(join(ROOT, "docs/security.md"), "utf8");

/** The cells of each row of the table of findings that were critical, high or medium. */
const rows = page
  .split("\n")
  .filter((line) => /^\| [FM]\d+ \|/.test(line))
  .map((line) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim()),
  );

/** Tests as the page names them: `file.test.ts`: "name". One file may have several. */
function named(cell: string): [file: string, test: string][] {
  const found: [string, string][] = [];
  let file = "";
  for (const [, path, test] of cell.matchAll(/`([^`]+\.test\.ts)`|"([^"]+)"/g)) {
    if (path !== undefined) file = path;
    else found.push([file, String(test)]);
  }
  return found;
}

/** The words of a name stand in a file as they are; `…` stands for what an `it.each` puts in. */
const isIn = (text: string, name: string) => name.split("…").every((part) => text.includes(part.trim()));

describe("the page of findings", () => {
  it("has each of them once, with what closes it and how its test was seen to fail", () => {
    const ids = [
      ...Array.from({ length: 8 }, (_, at) => `F${at + 1}`),
      ...Array.from({ length: 17 }, (_, at) => `M${at + 1}`),
    ];
    expect([...new Set(rows.map(([id]) => id))].toSorted()).toEqual(ids.toSorted());
    for (const [id, ...cells] of rows) {
      expect(cells, id).toHaveLength(4);
      for (const cell of cells) expect(cell, id).not.toBe("");
      expect(named(cells[2] ?? ""), id).not.toEqual([]);
    }
  });

  it.each(named(page))("names a test that there is: %s, %s", (file, test) => {
    expect(isIn(readFileSync(join(ROOT, file), "utf8"), test)).toBe(true);
  });

  it("names files that there are", () => {
    const files = [...page.matchAll(/`((?:[\w.-]+\/)+[\w.-]+\.\w+)`/g)].map(([, file]) => String(file));
    expect(files.length).toBeGreaterThan(30);
    for (const file of files) expect(readFileSync(join(ROOT, file), "utf8"), file).not.toBe("");
  });
});
