import { expect, it } from "vitest";
import { printable, printableLine } from "./printable.ts";

it.each([
  [
    "plain text, ünïcode and 日本語\twith tabs\nand lines",
    "plain text, ünïcode and 日本語\twith tabs\nand lines",
  ],
  [
    "\u001b[31mred\u001b[0m, \u001b[1;38;5;200mbright\u001b[39;22m",
    "\u001b[31mred\u001b[0m, \u001b[1;38;5;200mbright\u001b[39;22m",
  ],
  ["\u001b[8mhidden\u001b[0;8m", "\\x1b[8mhidden\\x1b[0;8m"],
  ["\u001b]0;title\u0007", "\\x1b]0;title\\x07"],
  ["\u001b]52;c;cm0gLXJm\u001b\\", "\\x1b]52;c;cm0gLXJm\\x1b\\"],
  ["up\u001b[2A\u001b[2K\rover", "up\\x1b[2A\\x1b[2K\\x0dover"],
  ["\u009b31m and \u007f", "\\x9b31m and \\x7f"],
  ["safe\u202egnp.exe \u2066x\u2069", "safe\\u202egnp.exe \\u2066x\\u2069"],
])("%j is printed as %j", (text, expected) => {
  expect(printable(text)).toBe(expected);
});

it("lets no name colour a line of ours, or end it", () => {
  expect(printableLine("x\u001b[31m\n'; ALTER")).toBe("x\\x1b[31m\\n'; ALTER");
});
