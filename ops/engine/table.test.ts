import { expect, it } from "vitest";
import { renderTable } from "./table.ts";

it("hands nothing to the terminal that an outsider wrote for it", () => {
  const table = renderTable(["message"], [["up by \u001b]0;owned\u0007ann\u001b[2K"]]);
  expect(table).toContain("up by \\x1b]0;owned\\x07ann\\x1b[2K");
});
