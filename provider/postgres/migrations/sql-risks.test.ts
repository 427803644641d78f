// Each rule of the check on migrations, with a statement that it must find and one beside it that it must not.
import { describe, expect, it } from "vitest";
import { sqlRisks } from "./sql-risks.ts";

async function rules(sql: string): Promise<string[]> {
  return (await sqlRisks([{ name: "0001.sql", sql }])).map(({ rule }) => rule);
}

describe("statements that destroy", () => {
  it.each([
    ["DROP TABLE notes", "drop-table"],
    ["DROP SCHEMA shop CASCADE", "drop-schema"],
    ["DROP MATERIALIZED VIEW totals", "drop-materialized-view"],
    ["DROP DATABASE shop", "drop-database"],
    ["ALTER TABLE notes DROP COLUMN text", "drop-column"],
    ["TRUNCATE notes", "truncate"],
    ["DELETE FROM notes", "delete-without-where"],
  ])("%s", async (sql, rule) => {
    expect(await rules(sql)).toEqual([rule]);
    const [finding] = await sqlRisks([{ name: "a.sql", sql }]);
    expect(finding).toMatchObject({ kind: "destroys", file: "a.sql", line: 1, statement: sql });
    expect(finding?.source).toMatch(/^https:\/\//);
  });
});

describe("statements that lock", () => {
  it.each([
    ["UPDATE notes SET done = true", "update-without-where"],
    ["ALTER TABLE notes ALTER COLUMN id TYPE bigint", "change-type"],
    ["ALTER TABLE notes ALTER COLUMN text SET NOT NULL", "set-not-null"],
    ["ALTER TABLE notes ADD COLUMN token uuid DEFAULT gen_random_uuid()", "volatile-default"],
    ["ALTER TABLE notes ADD COLUMN n bigserial", "computed-column"],
    ["ALTER TABLE notes ADD COLUMN n int GENERATED ALWAYS AS (id * 2) STORED", "computed-column"],
    ["ALTER TABLE notes ADD CONSTRAINT f FOREIGN KEY (owner) REFERENCES users (id)", "foreign-key"],
    ["ALTER TABLE notes ADD CONSTRAINT c CHECK (id > 0)", "check-constraint"],
    ["ALTER TABLE notes ADD CONSTRAINT u UNIQUE (text)", "index-by-constraint"],
    ["ALTER TABLE notes ADD PRIMARY KEY (id)", "index-by-constraint"],
    ["ALTER TABLE notes ADD COLUMN slug text UNIQUE", "index-by-constraint"],
    ["ALTER TABLE notes SET UNLOGGED", "rewrite-table"],
    ["CREATE INDEX i ON notes (text)", "index-not-concurrently"],
    ["DROP INDEX i", "drop-index-not-concurrently"],
    ["LOCK TABLE notes", "lock-table"],
    ["VACUUM FULL notes", "vacuum-full"],
    ["REINDEX TABLE notes", "reindex"],
    ["CLUSTER notes USING i", "cluster"],
    ["REFRESH MATERIALIZED VIEW totals", "refresh"],
  ])("%s", async (sql, rule) => {
    expect(await rules(sql)).toEqual([rule]);
  });
});

describe("statements that break the version which still serves", () => {
  it.each([
    ["ALTER TABLE notes RENAME COLUMN text TO body", "rename-column"],
    ["ALTER TABLE notes RENAME TO memos", "rename-table"],
    ["ALTER TABLE notes ADD COLUMN n int NOT NULL", "not-null-without-default"],
  ])("%s", async (sql, rule) => {
    expect(await rules(sql)).toEqual([rule]);
  });
});

describe("statements that do neither", () => {
  it.each([
    "ALTER TABLE notes ADD COLUMN n int",
    "ALTER TABLE notes ADD COLUMN n int NOT NULL DEFAULT 0",
    "ALTER TABLE notes ADD COLUMN at timestamptz NOT NULL DEFAULT now()",
    "ALTER TABLE notes ADD CONSTRAINT c CHECK (id > 0) NOT VALID",
    "ALTER TABLE notes VALIDATE CONSTRAINT c",
    "ALTER TABLE notes ADD CONSTRAINT u UNIQUE USING INDEX i",
    "CREATE INDEX CONCURRENTLY i ON notes (text)",
    "DROP INDEX CONCURRENTLY i",
    "REINDEX TABLE CONCURRENTLY notes",
    "REFRESH MATERIALIZED VIEW CONCURRENTLY totals",
    "VACUUM notes",
    "DELETE FROM notes WHERE id = 1",
    "UPDATE notes SET done = true WHERE id = 1",
    "CREATE TABLE memos (id int PRIMARY KEY, note int REFERENCES notes (id))",
    "DROP VIEW recent",
    "ALTER INDEX i RENAME TO j",
    "SELECT 'DROP TABLE notes'",
    "-- DROP TABLE notes",
  ])("%s", async (sql) => {
    expect(await rules(sql)).toEqual([]);
  });

  it("work on a table that the same migrations make", async () => {
    const files = [
      { name: "1.sql", sql: "CREATE TABLE fresh (id int); CREATE TABLE public.other (id int);" },
      {
        name: "2.sql",
        sql: "CREATE INDEX i ON fresh (id); ALTER TABLE fresh ALTER id TYPE bigint; TRUNCATE other;",
      },
      { name: "3.sql", sql: "UPDATE public.fresh SET id = 1; DROP TABLE fresh; LOCK TABLE other;" },
    ];
    expect(await sqlRisks(files)).toEqual([]);
  });
});

describe("where a finding stands", () => {
  it("is told by line, past comments and letters of several bytes", async () => {
    const sql = "-- größe\nSELECT 'ä';\n\n/* why */ -- so\nDROP TABLE\n  notes;\n";
    expect(await sqlRisks([{ name: "0002.sql", sql }])).toMatchObject([
      { line: 5, statement: "DROP TABLE notes" },
    ]);
  });

  it("is told for SQL that can't be read, which is then not checked", async () => {
    const [finding] = await sqlRisks([{ name: "x.sql", sql: "SELECT 1;\n\\d notes\n" }]);
    expect(finding).toMatchObject({ kind: "unchecked", rule: "not-parsed", line: 2 });
  });

  it("says that a DO block is not looked into", async () => {
    expect(await rules("DO $$ BEGIN DROP TABLE notes; END $$")).toEqual(["do-block"]);
  });
});
