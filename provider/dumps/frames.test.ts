// Docker's frames, in whatever pieces they come.
import { Readable } from "node:stream";
import { expect, it } from "vitest";
import { framesIn } from "./frames.ts";
import { frame } from "./testing/memory-docker.ts";

const all = Buffer.concat([frame(1, "one"), frame(2, ""), frame(2, "two"), frame(1, "three")]);
async function read(source: AsyncIterable<Buffer>) {
  const said = { 1: "", 2: "" };
  for await (const { from, content } of framesIn(source)) said[from as 1 | 2] += content.toString();
  return said;
}
const inPieces = (bytes: Buffer, size: number) =>
  Readable.from(
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
      bytes.subarray(at * size, (at + 1) * size),
    ),
  );

it.each([1, 3, 8, 11, 1000])("are put together from pieces of %i bytes", async (size) => {
  expect(await read(inPieces(all, size))).toEqual({ 1: "onethree", 2: "two" });
});

it.each([1, 4, 9])("tell that %i bytes are missing", async (missing) => {
  await expect(read(inPieces(all.subarray(0, -missing), 5))).rejects.toThrow("broke off");
});

it("are read no faster than they are used", async () => {
  let read = 0;
  const endless = async function* () {
    for (;;) {
      read++;
      yield frame(1, "x".repeat(1000));
    }
  };
  for await (const _ of framesIn(endless())) if (read === 5) break;
  expect(read).toBe(5);
});
