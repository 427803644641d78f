// The cache of images' SQL files: what is read once, what is read again, how much is kept.
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { keptSqlFiles } from "./sql-cache.ts";

const FILES = [{ name: "0001_notes.sql", sql: "CREATE TABLE notes ();" }];
let cache: string;
let reads: number;

beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), "tandem-sql-"));
  reads = 0;
});

afterEach(() => rmSync(cache, { recursive: true, force: true }));

const folder = () => join(cache, "migration-files");
const files = (imageId: string, sqlFolder = "/app/migrations", found: typeof FILES | null = FILES) =>
  keptSqlFiles(
    imageId,
    sqlFolder,
    async () => {
      reads += 1;
      return found ?? undefined;
    },
    { TANDEM_CACHE: cache },
  );

it("reads an image's folder once, and keeps it from other users", async () => {
  expect([await files("sha256:1"), await files("sha256:1")]).toEqual([FILES, FILES]);
  expect(reads).toBe(1);
  await files("sha256:2");
  await files("sha256:1", "/elsewhere");
  expect(reads).toBe(3);
  expect(statSync(folder()).mode & 0o077).toBe(0);
});

it("reads again what a tag names, what was not there, and what a crash tore", async () => {
  for (let round = 0; round < 2; round++) await files("app:1.0");
  for (let round = 0; round < 2; round++) await files("sha256:3", "/none", null);
  expect(reads).toBe(4);
  await files("sha256:4");
  for (const name of readdirSync(folder())) writeFileSync(join(folder(), name), '[{"name": "00');
  expect(await files("sha256:4")).toEqual(FILES);
  expect(reads).toBe(6);
});

it("keeps those of 50 images, and does without a folder that can't be written", async () => {
  for (let image = 0; image < 60; image++) await files(`sha256:${image}`);
  expect(readdirSync(folder())).toHaveLength(50);
  rmSync(cache, { recursive: true });
  writeFileSync(cache, "a file in the way");
  expect(await files("sha256:5")).toEqual(FILES);
});
