// Docker's frames as they come in: both outputs of a process in one stream, each piece with a head that says which it is.

/** A piece of what a process wrote. */
export interface Frame {
  /** 1 is standard output, 2 standard error. */
  stream: number;
  content: Buffer;
}

/** Bytes of a head: 1 byte stream, 3 bytes nothing, 4 bytes length. */
const HEAD = 8;

/** Reads frames out of pieces of any size. A long frame comes in as many parts as it arrives in, so nothing is gathered. */
export async function* readFrames(pieces: AsyncIterable<Buffer>): AsyncGenerator<Frame> {
  let head = Buffer.alloc(0);
  let stream = 0;
  let left = 0;
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      if (left > 0) {
        const content = piece.subarray(at, at + left);
        yield { stream, content };
        at += content.length;
        left -= content.length;
        continue;
      }
      const part = piece.subarray(at, at + HEAD - head.length);
      head = Buffer.concat([head, part]);
      at += part.length;
      if (head.length < HEAD) continue;
      stream = head.readUInt8(0);
      left = head.readUInt32BE(4);
      head = Buffer.alloc(0);
    }
  }
}
