// What of a migration's files runs in a deploy, which of them a database has, and the log of runs.
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type MigrationEntry, migrationLog, readEntries, writeEntry } from "./log.ts";
import { isApplied, upPart } from "./sql-files.ts";

describe("upPart", () => {
  it.each([
    ["-- Up Migration\nA;\n\n-- Down Migration\nB;\n", "-- Up Migration\nA;\n\n"],
    ["-- migrate:up\nA;\n-- migrate:down\nB;", "-- migrate:up\nA;\n"],
    ["-- +goose Up\nA;\n-- +goose Down\nB;", "-- +goose Up\nA;\n"],
    ["A;\nB;", "A;\nB;"],
    ["SELECT 'down migration';", "SELECT 'down migration';"],
  ])("leaves the way back out of %j", (sql, up) => {
    expect(upPart(sql)).toBe(up);
  });

  it("keeps lines where they are when the way back comes first", () => {
    expect(upPart("-- +migrate Down\nB;\n-- +migrate Up\nA;\n").split("\n")).toEqual([
      " ".repeat("-- +migrate Down".length),
      "  ",
      "-- +migrate Up",
      "A;",
      "",
    ]);
  });
});

describe("isApplied", () => {
  it.each([
    ["0001_notes.sql", "0001_notes"],
    ["0001_notes.sql", "0001_notes.sql"],
    ["20260101_init/migration.sql", "20260101_init"],
    ["000007_users.up.sql", "7"],
    ["20260101120000_users.sql", "20260101120000"],
  ])("finds %s under what its tool writes down, %s", (file, applied) => {
    expect(isApplied(file, new Set([applied]))).toBe(true);
    expect(isApplied(file, new Set(["0002_other"]))).toBe(false);
  });
});

describe("the log of migrations", () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "tandem-log-"));
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  const entry: MigrationEntry = {
    id: "a",
    startedAt: "2026-01-01T00:00:00.000Z",
    service: "app",
    imageId: "sha256:1",
    digests: [],
    command: ["migrate"],
    findings: [],
    result: "interrupted",
    output: [],
  };

  it("has a run once, as it ended; one whose end is missing was interrupted; what a crash tore is left out", () => {
    const file = migrationLog("shop", "staging", { TANDEM_HOME: home });
    writeEntry(file, entry);
    writeEntry(file, { ...entry, result: "succeeded", durationMs: 5 });
    appendFileSync(file, '\n{"id":"b","resu');
    writeEntry(file, { ...entry, id: "c" });
    expect(readEntries(file).map(({ id, result }) => [id, result])).toEqual([
      ["a", "succeeded"],
      ["c", "interrupted"],
    ]);
    expect(statSync(file).mode & 0o077).toBe(0);
    expect(readFileSync(file, "utf8")).toContain("sha256:1");
    expect(readEntries(migrationLog("shop", "other", { TANDEM_HOME: home }))).toEqual([]);
  });
});
