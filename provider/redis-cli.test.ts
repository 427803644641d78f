import { describe, expect, it } from "vitest";
import { refusalIn } from "./redis-cli.ts";

describe("a refusal of Redis", () => {
  it.each([
    ['error:"BUSY Redis is busy running a script."', "BUSY Redis is busy running a script."],
    ["error:\"ERR unknown command 'X'\"", "ERR unknown command 'X'"],
    ["(error) NOPERM no permissions", "NOPERM no permissions"],
    ["AUTH failed: WRONGPASS invalid username", "WRONGPASS invalid username"],
  ])("is found in %s", (text, refusal) => {
    expect(refusalIn(text)).toBe(refusal);
  });

  it.each(['"OK"', "[]", '"ERR is what a value may begin with"', '["error:"]', "0"])("is not %s", (text) => {
    expect(refusalIn(text)).toBeUndefined();
  });
});
