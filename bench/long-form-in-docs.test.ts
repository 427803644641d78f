// docs/tests.md names every test that only the long form has: what a daily run leaves out is told.
import { globSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { packageRoot } from "../setup/paths.ts";

const read = (file: string) => readFileSync(`${packageRoot}/${file}`, "utf8");
const table = read("docs/tests.md").split("These are in the long form only")[1] ?? "";

/** Words of a title that say what it is about. */
const wordsOf = (title: string) => title.toLowerCase().match(/[a-z']{4,}/g) ?? [];

it("names each test and group of the long form beside its file", () => {
  const missing: string[] = [];
  let found = 0;
  for (const file of globSync("tests/**/*.ts", { cwd: packageRoot })) {
    const text = read(file);
    const tests = [...text.matchAll(/^\s*long\("([^"]+)"/gm)].map(([, title = ""]) => title);
    const groups = [...text.matchAll(/name: "([^"]+)",\s+long: true/g)].map(([, title = ""]) => title);
    for (const title of [...tests, ...groups]) {
      found++;
      const rows = table
        .split("\n")
        .filter((row) => wordsOf(title).every((word) => row.toLowerCase().includes(word)));
      const name = /([\w-]+)\.test\.ts$/.exec(file)?.[1] ?? "preview-report";
      if (!rows.some((row) => row.includes(`/${name}`))) missing.push(`${file}: ${title}`);
    }
  }
  expect(missing).toEqual([]);
  expect(found).toBeGreaterThan(10);
});
