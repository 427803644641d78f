// A stream of text, handed on line by line.
import { Writable } from "node:stream";
import { StringDecoder } from "node:string_decoder";

/** Calls `onLine` for each line that isn't empty; a last line without an end comes at `end()`. */
export class LineSplitter extends Writable {
  private readonly onLine: (line: string) => void;
  private readonly decoder = new StringDecoder("utf8");
  private rest = "";

  constructor(onLine: (line: string) => void) {
    super();
    this.onLine = onLine;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const lines = (this.rest + this.decoder.write(chunk)).split("\n");
    this.rest = lines.pop() ?? "";
    for (const line of lines) this.hand(line);
    done();
  }

  override _final(done: () => void): void {
    this.hand(this.rest + this.decoder.end());
    done();
  }

  private hand(line: string): void {
    if (line.trim() !== "") this.onLine(line.trimEnd());
  }
}
