// Where variables of a file go, and what stops them; no message holds a value.
import { describe, expect, it } from "vitest";
import { type Existing, placeVariables, type Told } from "./placement.ts";

const nothing: Told = { secret: [], plain: [], overwrite: false };

function place(file: Record<string, string>, told: Partial<Told> = {}, there: Record<string, Existing> = {}) {
  const entries = Object.entries(file).map(([name, value], index) => ({ name, value, line: index + 1 }));
  const { placed, problems } = placeVariables(entries, new Map(Object.entries(there)), {
    ...nothing,
    ...told,
  });
  expect(JSON.stringify(problems)).not.toContain("hunter2");
  const under = (key: string) => placed.filter((one) => one.under === key).map(({ name }) => name);
  return { plain: under("environment"), secret: under("secrets"), placed, problems };
}

describe("variables of a file", () => {
  it.each([
    "API_KEY",
    "DB_PASSWORD",
    "dbPassword",
    "SESSION_SECRET",
    "GITHUB_TOKEN",
    "authToken",
    "SENTRY_DSN",
    "PGPASSWORD",
  ])("are encrypted by their name: %s", (name) => {
    expect(place({ [name]: "hunter2" })).toMatchObject({ secret: [name], problems: [] });
  });

  it.each([
    "FEATURE_X",
    "NEXT_PUBLIC_MAPBOX_TOKEN",
    "TLS_KEY_FILE",
    "KEYBOARD",
    "TOKENIZER",
    "PASSENGERS",
    "FRONTEND_URL",
  ])("are plain: %s", (name) => {
    expect(place({ [name]: "x" })).toMatchObject({ plain: [name], problems: [] });
  });

  it("are encrypted by their value, and plain where there is none", () => {
    const { plain, secret, placed } = place({ URL: "postgres://app:hunter2@db/shop", API_KEY: "" });
    expect({ plain, secret }).toEqual({ plain: ["API_KEY"], secret: ["URL"] });
    expect(placed[0]?.because).toBe("a URL with a password");
  });

  it("go where the command says", () => {
    expect(place({ A: "1", API_KEY: "2" }, { secret: ["A"], plain: ["API_KEY"] })).toMatchObject({
      plain: ["API_KEY"],
      secret: ["A"],
      problems: [],
    });
  });

  it("can't be told to be what they can't, and only those can be told of that there are", () => {
    const url = { URL: "postgres://app:hunter2@db/shop", EMPTY: "" };
    expect(place(url, { plain: ["URL"], secret: ["EMPTY"] }).problems).toHaveLength(2);
    expect(place({ A: "1" }, { plain: ["B"] }).problems).toEqual([
      expect.stringMatching(/^B: .* doesn't have it/),
    ]);
    expect(place({ A: "1" }, { plain: ["A"], secret: ["A"] }).problems).toEqual([
      expect.stringMatching(/^A: /),
    ]);
  });

  it("stay as they are where they are there already", () => {
    const there: Record<string, Existing> = {
      A: { under: "environment", value: "1" },
      API_KEY: { under: "secrets", value: "hunter2" },
    };
    const { placed, problems } = place({ A: "1", API_KEY: "hunter2", B: "" }, {}, there);
    expect(problems).toEqual([]);
    expect(placed.map(({ unchanged }) => unchanged)).toEqual([true, true, false]);
  });

  it("stay encrypted where they are, unless the command says otherwise", () => {
    const there: Record<string, Existing> = { A: { under: "secrets", value: "old" } };
    expect(place({ A: "hunter2" }, { overwrite: true }, there)).toMatchObject({
      secret: ["A"],
      problems: [],
    });
    expect(place({ A: "1" }, { overwrite: true, plain: ["A"] }, there)).toMatchObject({ plain: ["A"] });
  });

  it("aren't given another value or place, unless the command says so", () => {
    const there: Record<string, Existing> = {
      A: { under: "environment", value: "other" },
      API_KEY: { under: "secrets", value: undefined },
      TOKEN: { under: "environment", value: "hunter2" },
    };
    const file = { A: "1", API_KEY: "hunter2", TOKEN: "hunter2" };
    expect(place(file, {}, there).problems).toEqual([
      expect.stringMatching(/^line 1: A .* another value/),
      expect.stringMatching(/^line 2: API_KEY .* can't be read here/),
      expect.stringMatching(/^line 3: TOKEN stands under environment already, and would go under secrets/),
    ]);
    expect(place(file, { overwrite: true }, there).problems).toEqual([]);
  });
});
