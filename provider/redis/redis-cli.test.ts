import { describe, expect, it } from "vitest";
import { refusalIn, scanned } from "./redis-cli.ts";

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

describe("an answer to SCAN", () => {
  it("gives each key as it was written, whatever bytes it has", () => {
    const keys = ['"staging:x\\x1b[31m\\r\\nFLUSHALL"', '"staging:\\"2) \\\\"', '"staging:\\xff\\x00"'];
    const list = keys.map((key, at) => `${at === 0 ? "" : "   "}${at + 1}) ${key}`).join("\n");
    expect(scanned(`1) "17"\n2) ${list}`)).toEqual({ next: "17", keys });
  });

  it("may be without a key", () => {
    expect(scanned('1) "0"\n2) (empty array)')).toEqual({ next: "0", keys: [] });
  });

  it("is none without a cursor", () => expect(() => scanned("(empty array)")).toThrow("without a cursor"));
});
