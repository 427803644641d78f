// Unit tests of what pins an administrator's session, and of names and texts as SQL.
import { describe, expect, it } from "vitest";
import { identifier, literal } from "./quoting.ts";
import { restrictStatement, sessionOptions, sessionStatements } from "./session.ts";

describe("a pinned session", () => {
  it("looks for names in Postgres' own schema first and in no tenant's", () => {
    expect(sessionOptions()).toContain("-c search_path=pg_catalog,pg_temp");
    expect(sessionStatements()[0]).toBe("SET search_path TO pg_catalog,pg_temp;");
  });

  it("has every setting in both forms, one option each, no space left open", () => {
    const options = sessionOptions().match(/-c \w+=(?:\\.|[^\s\\])*/g) ?? [];
    expect(options.join(" ")).toBe(sessionOptions());
    const names = options.map((option) => /^-c (\w+)=/.exec(option)?.[1]);
    const set = sessionStatements().flatMap((statement) => /^SET (\w+) TO /.exec(statement)?.[1] ?? []);
    expect(names.filter((name) => !set.includes(name ?? ""))).toEqual(["local_preload_libraries", "role"]);
    expect(set.every((name) => names.includes(name))).toBe(true);
  });

  it("calls no function before the search path is set", () => {
    const [first = "", ...rest] = sessionStatements();
    expect(first).toMatch(/^SET search_path /);
    expect(rest.filter((statement) => statement.includes("("))).toEqual([restrictStatement()]);
  });

  it("takes limits of its own", () => {
    expect(sessionOptions({ lockSeconds: 5, statementSeconds: 7 })).toMatch(
      /lock_timeout=5s -c statement_timeout=7s/,
    );
  });
});

describe("names and texts as SQL", () => {
  it("double their quotes", () => {
    expect(identifier('a"b')).toBe('"a""b"');
    expect(literal("it's")).toBe("'it''s'");
  });

  it("hold no backslash, which a tool could take for a command", () => {
    expect(literal("\\! touch '!'")).toBe("U&'!005C!! touch ''!!''' UESCAPE '!'");
    expect(identifier('\\"x')).toBe(`U&"!005C""x" UESCAPE '!'`);
  });

  it("are refused with a NUL character", () => {
    expect(() => literal("a\0b")).toThrow(/NUL/);
    expect(() => identifier("a\0b")).toThrow(/NUL/);
  });
});
