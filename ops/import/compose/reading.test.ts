// The small readers of compose's values: variables, .env files, command lines, times and sizes.
import { describe, expect, it } from "vitest";
import { readDotenv } from "./dotenv.ts";
import { interpolate, shownUnknown, unknownIn } from "./interpolate.ts";
import { mebibytesOf, secondsOf } from "./quantities.ts";
import { shellWords } from "./words.ts";

const values: Record<string, string> = { A: "1", EMPTY: "", HOST: "db" };
const lookup = (name: string) => values[name];
const $ = (text: string) => text.replaceAll("§", "$");

describe("variables", () => {
  it.each([
    ["§A and §{A}", "1 and 1"],
    ["§§A", $("§A")],
    ["100§ or §1", $("100§ or §1")],
    ["§{EMPTY-x}", ""],
    ["§{EMPTY:-x}", "x"],
    ["§{NONE-x}", "x"],
    ["§{NONE:-§{HOST}:§{PORT:-5432}}", "db:5432"],
    ["§{A:+yes}§{NONE+no}§{EMPTY:+no}", "yes"],
    ["§{A:?needed}", "1"],
    ["§{NONE:-}", ""],
    ["§{NONE:-a}b}", "ab}"],
  ])("%s", (text, expected) => {
    expect(interpolate($(text), lookup)).toBe(expected);
  });

  it.each([
    "§NONE",
    "§{NONE}",
    "§{NONE:?needed}",
    "§{EMPTY:?needed}",
  ])("%s has no value, and says so", (text) => {
    const filled = interpolate($(`<${text}>`), lookup);
    expect(unknownIn(filled)).toHaveLength(1);
    expect(shownUnknown(filled)).toMatch(/^<\$\{(NONE|EMPTY)\}>$/);
  });

  it.each(["§{A", "§{A/x/y}", "§{}"])("%s is refused", (text) => {
    expect(() => interpolate($(text), lookup)).toThrow(RangeError);
  });
});

describe(".env files", () => {
  it("are read as compose reads them", () => {
    const text = [
      "# a comment",
      "PLAIN=a b # rest",
      "HASH=a#b",
      "export SHOUT=1",
      "SINGLE='§A \\n'",
      'DOUBLE="§A\\n\\"x\\" \\§A"',
      "FILLED=§{PLAIN}-§{HOST}",
      "SPACED = x",
      "NOTHING=",
      'LINES="one',
      'two"',
      "A",
      "NOT_HERE",
    ].join("\n");
    expect(Object.fromEntries(readDotenv($(text), lookup))).toEqual({
      PLAIN: "a b",
      HASH: "a#b",
      SHOUT: "1",
      SINGLE: $("§A \\n"),
      DOUBLE: $('1\n"x" §A'),
      FILLED: "a b-db",
      SPACED: "x",
      NOTHING: "",
      LINES: "one\ntwo",
      A: "1",
    });
  });

  it.each([
    ["on one line", 'A=$(op read "x(y")\nB=one'],
    ["in quotes", "A=\"$(op read 'x(y')\"\nB=one"],
    ["over two lines", "A=$(op \\\n  read ')')\nB=one"],
  ])("takes a command to its own end: %s", (_, text) => {
    const found = readDotenv(
      text,
      () => undefined,
      (name, line) => `${name} of line ${line}`,
    );
    expect(Object.fromEntries(found)).toEqual({ A: "A of line 1", B: "one" });
  });

  it.each([
    ["A=1\nsome words", /line 2/],
    ["A='1", /line 1 has a quote/],
  ])("a wrong line is named, and never shown: %j", (text, reason) => {
    expect(() => readDotenv(text, lookup)).toThrow(reason);
  });
});

describe("command lines", () => {
  it.each<[string, string[]]>([
    ["node dist/main.js", ["node", "dist/main.js"]],
    ["sh -c 'a && b \"c\"'", ["sh", "-c", 'a && b "c"']],
    ['a "b c" d\\ e', ["a", "b c", "d e"]],
    ['a "" x"y"z', ["a", "", "xyz"]],
    ['a "\\n \\" \\\\"', ["a", '\\n " \\']],
    ["  ", []],
  ])("%s", (line, words) => {
    expect(shellWords(line)).toEqual(words);
  });

  it("a quote without an end is refused", () => {
    expect(() => shellWords("sh -c 'a")).toThrow(RangeError);
  });
});

describe("times and sizes", () => {
  it.each([
    ["90s", 90],
    ["1m30s", 90],
    ["1h", 3600],
    ["250ms", 0.25],
    ["30", undefined],
    [30, undefined],
  ])("%s is %s seconds", (text, seconds) => {
    expect(secondsOf(text)).toBe(seconds);
  });

  it.each([
    ["512m", 512],
    ["1.5g", 1536],
    ["300M", 300],
    ["64mb", 64],
    [67_108_864, 64],
    ["1k", 1],
    ["much", undefined],
  ])("%s is %s MiB", (text, mebibytes) => {
    expect(mebibytesOf(text)).toBe(mebibytes);
  });
});
