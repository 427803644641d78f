// What a `.env` file may say, and what is refused because it could mean two things.
import { describe, expect, it } from "vitest";
import { readEnvFile } from "./env-file.ts";

const values = (text: string) => {
  const { entries, problems } = readEnvFile(text);
  expect(problems).toEqual([]);
  return Object.fromEntries(entries.map(({ name, value }) => [name, value]));
};

describe("a .env file", () => {
  it.each([
    ["A=b", "b"],
    ["export A=b", "b"],
    ["A = b  ", "b"],
    ["A=b=c", "b=c"],
    ["A=", ""],
    ["A= # nothing", ""],
    ["A=b # a comment", "b"],
    ["A='b # c'", "b # c"],
    ['A="b # c" # a comment', "b # c"],
    ['A="two\\nlines"', "two\nlines"],
    ['A="two\nlines"', "two\nlines"],
    ['A=\'{"a": "\\\\"}\'', '{"a": "\\\\"}'],
    ["A=' spaces '", " spaces "],
    ["A='\u0024{B}'", "\u0024{B}"],
    ["A=it's", "it's"],
    ["A=pa$$w0rd", "pa$$w0rd"],
    ["\uFEFFA=b\r\n", "b"],
    ["# a comment\n\n  # another\nA=b", "b"],
    ["A=`b`", "b"],
  ])("%j", (text, expected) => {
    expect(values(text)).toEqual({ A: expected });
  });

  it("has names with dots and hyphens, and values of several lines between others", () => {
    const key = "-----BEGIN\nabc\n\nEND-----";
    expect(values(`a.b-c=1\nKEY="${key}"\n\nLAST=2\n`)).toEqual({ "a.b-c": "1", KEY: key, LAST: "2" });
  });

  it.each([
    ["hunter2", /no NAME=value/],
    ["=hunter2", /no NAME=value/],
    ["A B=hunter2", /no NAME=value/],
    ["A: hunter2", /no NAME=value/],
    ["1A=hunter2", /no name of a variable/],
    ['A="hunter2', /never closed/],
    ['A="hunter2" more', /goes on after/],
    ["A=hunter2#x", /# without a space/],
    ["A=#hunter2", /# without a space/],
    ['A="hunter2\\"x"', /backslash in double quotes/],
    ['A="hunter2\\t"', /backslash in double quotes/],
    ["A=\u0024{hunter2}", /fills something in/],
    ['A="$(hunter2)"', /fills something in/],
  ])("%j is refused, without a word of what it holds", (text, reason) => {
    const { entries, problems } = readEnvFile(`X=1\n${text}\nB=2`);
    expect(problems).toMatchObject([{ line: 2, reason: expect.stringMatching(reason) }]);
    expect(entries.map(({ name }) => name)).toEqual(["X", "B"]);
    expect(JSON.stringify(problems)).not.toContain("hunter2");
  });

  it("is refused where a name stands twice", () => {
    expect(readEnvFile("A=1\nB=2\nA=3").problems).toEqual([
      { line: 3, reason: expect.stringMatching(/A again.* line 1/) },
    ]);
  });

  it("tells every line that is wrong", () => {
    expect(readEnvFile("what\nA=1\nB=\u0024{A}\nC='").problems.map(({ line }) => line)).toEqual([1, 3, 4]);
  });
});
