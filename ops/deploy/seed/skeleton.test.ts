// The definition that `tandem seed --init` proposes.
import { describe, expect, it } from "vitest";
import { type Column, definitionProblems } from "./columns.ts";
import { proposal, skeleton } from "./skeleton.ts";

function column(name: string, type: string, category: string, more: Partial<Column> = {}): Column {
  const plain = { notNull: true, generated: false, key: false, unique: false };
  return { schema: "public", table: "people", column: name, type, category, ...plain, ...more };
}

describe("a mask", () => {
  it.each([
    ["a key", column("id", "bigint", "N", { key: true }), "keep"],
    ["a text", column("name", "text", "S"), "words"],
    ["an address", column("contact_Email", "character varying(80)", "S", { unique: true }), "email"],
    ["a text that may be there once", column("handle", "citext", "S", { unique: true }), "pseudonym"],
    ["a text that others refer to", column("country", "text", "S", { key: true }), "pseudonym"],
    ["a flag", column("active", "boolean", "B"), "keep"],
    ["an embedding", column("e", "vector(384)", "U"), "vector"],
    ["a birthday that may be missing", column("born", "date", "D", { notNull: false }), "null"],
    ["a document", column("profile", "jsonb", "U"), { sql: "'{}'::jsonb" }],
    ["a list", column("tags", "text[]", "A"), { sql: "'{}'::text[]" }],
    ["a network address", column("ip", "inet", "I"), { sql: "'0.0.0.0'::inet" }],
  ] as const)("for %s", (_, given, mask) => {
    expect(proposal(given)).toEqual({ mask });
  });

  it.each([
    ["a number", column("salary", "numeric(10,2)", "N"), "keep", /amount/],
    ["a time", column("seen_at", "timestamp with time zone", "D"), "keep", /when/],
    ["a uuid", column("token", "uuid", "U"), "keep", /token/],
  ] as const)("for %s asks whether it is a person's", (_, given, mask, question) => {
    expect(proposal(given)).toEqual({ mask, question: expect.stringMatching(question) });
  });

  it("that no rule knows is one that the seed refuses", () => {
    const place = column("place", "point", "G");
    const text = skeleton([place]);
    expect(text).toContain('place: "null", // point: may not be null: write { sql: … }');
    expect(definitionProblems({ tables: { people: { place: "null" } } }, [place])).toEqual([
      "column people.place may not be null",
    ]);
  });
});

describe("the module", () => {
  const columns = [
    column("id", "bigint", "N", { key: true }),
    column("name", "text", "S"),
    column("search", "tsvector", "U", { generated: true }),
    column("name", "character varying", "S", { table: "pgmigrations" }),
    column("x */\n; evil()", "text", "S", { table: 'a"b', schema: "auth" }),
  ];

  it("names every column but computed ones, leaves tools' tables as they are, and takes no name for code", () => {
    expect(skeleton(columns).split("\n").slice(3)).toEqual([
      "export const seed: SeedDefinition = {",
      "  tables: {",
      "    people: {",
      '      id: "keep",',
      '      name: "words",',
      "    },",
      '    pgmigrations: "keep",',
      '    "auth.a\\"b": {',
      '      "x */\\n; evil()": "words",',
      "    },",
      "  },",
      "};",
      "",
    ]);
  });

  it("keeps what is said already", () => {
    const known = { tables: { people: { name: "pseudonym" }, pgmigrations: "empty" } } as const;
    const text = skeleton(columns, known);
    expect(text).toContain('name: "pseudonym",');
    expect(text).toContain('pgmigrations: "empty",');
  });
});
