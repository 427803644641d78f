// A connection whose far end goes away while something is still being sent to it.
import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { outputOf } from "./terminal.ts";

it.each([
  "EPIPE",
  "ECONNRESET",
])("what was written before %s counts, and the end is no failure", async (code) => {
  const stream = new PassThrough();
  stream.write("done\n");
  const seen: string[] = [];
  for await (const content of outputOf(stream)) {
    seen.push(content.toString());
    stream.destroy(Object.assign(new Error(code), { code }));
  }
  expect(seen).toEqual(["done\n"]);
});
