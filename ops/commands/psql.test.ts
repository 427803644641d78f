// What psql is told, and which words are whose.
import { describe, expect, it } from "vitest";
import { partWords } from "./command-line.ts";
import { connectionVariables, passwordLine } from "./psql.ts";

describe("the connection", () => {
  const own = { database: "shop", managed: undefined };
  const managed = (sslmode: string) => ({ host: "db.example", port: "5433", sslmode, caFile: undefined });
  const variables = (of: Parameters<typeof connectionVariables>[0], certificates = false) =>
    connectionVariables(of, { username: "shop_app" }, { host: "pg", port: "5432" }, certificates);

  it("names everything but the password", () => {
    expect(variables(own)).toMatchObject({
      PGHOST: "pg",
      PGDATABASE: "shop",
      PGUSER: "shop_app",
      PGSSLMODE: "disable",
    });
  });

  it.each([
    ["verify-full", false, "system"],
    ["verify-full", true, "/run/secrets/postgres-ca.pem"],
    ["require", false, undefined],
  ])("checks a managed server as the stack says: %s", (sslmode, certificates, root) => {
    const told = variables({ database: "shop", managed: managed(sslmode) }, certificates);
    expect([told.PGSSLMODE, told.PGSSLROOTCERT]).toEqual([sslmode, root]);
  });

  it("has its password in libpq's form", () => {
    expect(passwordLine("a:b\\c")).toBe("*:*:*:*:a\\:b\\\\c\n");
  });
});

describe("words", () => {
  it.each([
    [
      ["-c", "select 1"],
      ["psql", "staging", "--", "-c", "select 1"],
      { name: undefined, behind: ["-c", "select 1"] },
    ],
    [["postgres", "-l"], ["psql", "staging", "postgres", "--", "-l"], { name: "postgres", behind: ["-l"] }],
    [["postgres"], ["psql", "staging", "postgres"], { name: "postgres", behind: [] }],
    [
      ["a", "--", "b"],
      ["psql", "staging", "--", "a", "--", "b"],
      { name: undefined, behind: ["a", "--", "b"] },
    ],
  ])("%j behind a name", (words, line, parted) => expect(partWords(words, line)).toEqual(parted));

  it("that are neither are refused", () => {
    expect(() => partWords(["postgres", "more"], ["psql", "staging", "postgres", "more"])).toThrow(
      /more can't stand here/,
    );
  });
});
