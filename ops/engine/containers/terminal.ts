// This process's terminal, or its pipes, joined to a process in a container: what is typed goes in, what it writes comes
// out. Nothing is gathered on the way, so a dump of any size goes through.
import type { Duplex } from "node:stream";
import { readFrames } from "./frames.ts";

/** The other end. */
export interface FarEnd {
  /** Its input and outputs: raw with a terminal, in Docker's frames without one. */
  stream: Duplex;
  /** Does it have a terminal of its own there? */
  tty: boolean;
  /** Gives that terminal the size of this one. */
  resize(size: { h: number; w: number }): Promise<unknown>;
}

/** Keys that would let go of the process and leave it running: a sequence that nobody types, since Docker's own takes Ctrl-P. */
export const DETACH_KEYS = "ctrl-^,ctrl-_,ctrl-^,ctrl-_";
/** Tries to give a terminal its size: right after the start there may be none yet. */
const RESIZE_TRIES = 10;
const RESIZE_PAUSE_MS = 50;

/** Does a person sit at both ends of this process? Else what it writes goes to a file or program and must stay as it is. */
export function atTerminal(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true;
}

function write(output: NodeJS.WriteStream, content: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    output.write(content, (error) => (error ? reject(error) : resolve()));
  });
}

const ignore = () => undefined;

/**
 * What comes out of the connection to its end. A command that ends before it has read its whole input ends the connection
 * with an error; whether it was lost shows when the exit code is asked for.
 */
export async function* outputOf(stream: Duplex): AsyncGenerator<Buffer> {
  try {
    yield* stream as AsyncIterable<Buffer>;
  } catch {
    // As above.
  }
}

/**
 * Joins both ends until the far one has written all it had to.
 *
 * @throws EPIPE when nobody reads this process's output any more
 */
export async function joinTerminal({ stream, tty, resize }: FarEnd): Promise<void> {
  const { stdin, stdout, stderr } = process;
  const matchSize = async (tries = 1): Promise<void> => {
    try {
      await resize({ h: stdout.rows, w: stdout.columns });
    } catch {
      // Its end is told elsewhere.
      if (tries > 1) setTimeout(() => void matchSize(tries - 1), RESIZE_PAUSE_MS).unref();
    }
  };
  const onResize = () => void matchSize();
  // What can't be written fails where it is written; what the far end no longer takes, it doesn't need.
  for (const each of [stdin, stdout, stderr, stream]) each.on("error", ignore);
  try {
    if (tty) {
      stdin.setRawMode(true);
      stdout.on("resize", onResize);
      void matchSize(RESIZE_TRIES);
    }
    stdin.pipe(stream);
    if (tty) for await (const content of outputOf(stream)) await write(stdout, content);
    else {
      for await (const { stream: which, content } of readFrames(outputOf(stream)))
        await write(which === 2 ? stderr : stdout, content);
    }
  } finally {
    stdin.unpipe(stream);
    if (tty) {
      stdin.setRawMode(false);
      stdout.off("resize", onResize);
    }
    // A pipe that its writer keeps open must not keep this process.
    stdin.pause();
    (stdin as Partial<{ unref(): void }>).unref?.();
    stream.destroy();
    for (const each of [stdin, stdout, stderr]) each.off("error", ignore);
  }
}
