// Frames that arrive in pieces of any size.
import { describe, expect, it } from "vitest";
import { readFrames } from "./frames.ts";

function frame(stream: number, content: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt8(stream, 0);
  head.writeUInt32BE(content.length, 4);
  return Buffer.concat([head, content]);
}

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const binary = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 256));
const bytes = Buffer.concat([
  frame(1, binary),
  frame(2, Buffer.from("warning\n")),
  frame(1, Buffer.alloc(0)),
  frame(1, Buffer.from("end")),
]);

describe("frames", () => {
  it.each([
    1, 3, 7, 8, 9, 500, 100_000,
  ])("in pieces of %i bytes keep each byte and its stream", async (size) => {
    const outputs: Record<number, Buffer[]> = { 1: [], 2: [] };
    for await (const { stream, content } of readFrames(inPieces(bytes, size))) outputs[stream]?.push(content);
    expect(Buffer.concat(outputs[1] ?? [])).toEqual(Buffer.concat([binary, Buffer.from("end")]));
    expect(Buffer.concat(outputs[2] ?? []).toString()).toBe("warning\n");
  });
});
