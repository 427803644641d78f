import { describe, expect, it } from "vitest";
import { type Column, definitionProblems } from "./columns.ts";
import { maskCounts, maskStatements } from "./masks.ts";
import { originals } from "./originals.ts";

function column(table: string, name: string, type: string, more: Partial<Column> = {}): Column {
  const category = /text|char/.test(type) ? "S" : "N";
  const plain = { notNull: false, generated: false, key: false, unique: false };
  return { schema: "public", table, column: name, type, category, ...plain, ...more };
}

const columns = [
  column("people", "id", "bigint", { notNull: true }),
  column("people", "email", "character varying(40)"),
  column("people", "name", "text", { notNull: true }),
  column("people", "search", "tsvector", { generated: true }),
  column("sessions", "token", "text", { schema: "auth" }),
];
const complete = {
  tables: {
    people: { id: "keep", email: "email", name: "pseudonym" },
    "auth.sessions": "empty",
  },
} as const;

describe("a definition", () => {
  it("that names every column but computed ones is complete", () => {
    expect(definitionProblems(complete, columns)).toEqual([]);
    expect(maskCounts(complete, columns)).toEqual({ masked: 2, emptied: 1 });
  });

  it.each([
    ["a table that it doesn't name", { people: complete.tables.people }, "table auth.sessions is not named"],
    [
      "a column that it doesn't name",
      { ...complete.tables, people: { id: "keep", email: "email" } },
      "column people.name (text) is not named",
    ],
    [
      "null where none may be",
      { ...complete.tables, people: { ...complete.tables.people, name: "null" } },
      "column people.name may not be null",
    ],
    [
      "words for a number",
      { ...complete.tables, people: { ...complete.tables.people, id: "words" } },
      "column people.id (bigint) holds no text, which words would give it",
    ],
    [
      "a table that isn't there",
      { ...complete.tables, notes: "keep" },
      "table notes is named and doesn't exist",
    ],
    [
      "a column that isn't there",
      { ...complete.tables, people: { ...complete.tables.people, phone: "words" } },
      "column people.phone is named and doesn't exist",
    ],
  ] as const)("has a problem with %s", (_, tables, problem) => {
    expect(definitionProblems({ tables }, columns)).toEqual([problem]);
  });
});

describe("masking", () => {
  const statements = maskStatements(complete, columns, "k'ey");

  it("sets each masked column in one statement a table, within its length", () => {
    const update = statements.split("\n").find((line) => line.startsWith("UPDATE"));
    expect(update).toMatch(/^UPDATE "public"\."people" SET "email" = .*, "name" = /);
    expect(update).toContain("'@example.invalid', 40)::character varying(40)");
    expect(update).not.toMatch(/"id" =|"search" =/);
  });

  it("empties tables, and leaves no function behind", () => {
    expect(statements).toContain('DELETE FROM "auth"."sessions";');
    expect(statements.indexOf("DROP SCHEMA tandem_seed")).toBeGreaterThan(statements.indexOf("UPDATE"));
  });

  it("looks for the values of masked columns and emptied tables afterwards", () => {
    const copies = originals(complete, columns, "/files/o").match(/^COPY .* FROM \S+ AS t/gm);
    expect(copies?.map((copy) => /FROM (\S+) AS t/.exec(copy)?.[1])).toEqual([
      '"public"."people"',
      '"public"."people"',
      '"auth"."sessions"',
    ]);
  });

  it("looks for hexadecimal forms only where a column that shows may hold bytes", () => {
    expect(originals(complete, columns, "/o")).not.toContain("encode(convert_to");
    const more = [...columns, column("people", "photo", "bytea")];
    const tables = { ...complete.tables, people: { ...complete.tables.people, photo: "keep" } } as const;
    expect(originals({ tables }, more, "/o")).toContain("encode(convert_to");
  });

  it("takes an expression as it stands", () => {
    const tables = { ...complete.tables, people: { ...complete.tables.people, name: { sql: "'n' || id" } } };
    expect(maskStatements({ tables }, columns, "key")).toContain(`"name" = ('n' || id)`);
  });
});
