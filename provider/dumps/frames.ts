// What a command in a container writes, as Docker's frames bring it: read no faster than it is used. The client's own reader takes all
// that comes, and a dump that is compressed more slowly than it is made would fill the memory.

/** Number of the standard error in a frame. */
export const STDERR = 2;
/** 1 byte stream, 3 bytes nothing, 4 bytes length. */
const HEAD = 8;

/** A piece of what a command wrote. */
interface Piece {
  /** Number of the stream that it was written to. */
  from: number;
  content: Buffer;
}

/** The pieces as they come. @throws where the stream ends within a frame */
export async function* framesIn(source: AsyncIterable<Buffer>): AsyncGenerator<Piece> {
  let head = Buffer.alloc(0);
  let left = 0;
  for await (let bytes of source) {
    while (bytes.length > 0) {
      if (left === 0) {
        const missing = HEAD - head.length;
        head = Buffer.concat([head, bytes.subarray(0, missing)]);
        bytes = bytes.subarray(missing);
        if (head.length < HEAD) break;
        left = head.readUInt32BE(4);
      } else {
        const content = bytes.subarray(0, left);
        left -= content.length;
        bytes = bytes.subarray(content.length);
        yield { from: head.readUInt8(0), content };
      }
      if (left === 0) head = Buffer.alloc(0);
    }
  }
  if (head.length > 0) throw new Error("the connection to Docker broke off");
}
