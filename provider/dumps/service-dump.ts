// Dumps of a service by its own command, as a stream: out of its container into the store, and back.
import { type Duplex, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import type Docker from "dockerode";
import { printable } from "../../lib/printable.ts";
import { redact } from "../docker/containers.ts";
import { framesIn, STDERR } from "./frames.ts";
import { type KeptPoint, PointStore, type ServicePoint } from "./store.ts";

/** A service that dumps itself. */
export interface DumpedService {
  /** What messages call it. */
  service: string;
  /** Id of its running container. */
  containerId: string;
  /** Volume of its restore points. */
  volume: string;
  /** Number of restore points that are kept. */
  keep: number;
}

/** Lines of what a failed command said that a message has. */
const LINES = 5;
/** Of the end of what a command says. Bytes. */
const TAIL = 16 * 1024;
const POLL_MS = 50;
/** How often a command that is given something is asked whether it still runs; and how long its last words may take then. Milliseconds. */
const [WATCH_MS, LAST_WORDS_MS] = [500, 1000];
/** Longest that a command may run on after it closed its output. Milliseconds. */
const ENDING_MS = 60_000;
/** Longest that a dump or a restore may take, as with a database's. Seconds. */
const TIME_LIMIT = 3600;

/** `20261130-090258-before-update`: sorts by time. */
const pointName = (why: string, now: Date) =>
  `${now.toISOString().replaceAll(/[-:]/g, "").replace("T", "-").slice(0, 15)}-${why}`;

/**
 * Dumps a service into its store.
 *
 * @param why the end of the restore point's name; one of before a restore removes no other, since that may fail and be tried again
 * @throws where the command fails or writes nothing, with its last lines, or there is no room
 */
export async function dumpService(
  docker: Docker,
  { service, containerId, volume, keep }: DumpedService,
  command: readonly string[],
  why: "before-update" | "before-restore" | "by-hand",
): Promise<ServicePoint> {
  const { Image } = await docker.getContainer(containerId).inspect();
  const now = new Date();
  const about = { name: pointName(why, now), createdAt: now.toISOString(), image: Image };
  const kept = why === "before-restore" ? Number.POSITIVE_INFINITY : keep;
  return await PointStore.with(docker, { volume, image: Image, alone: true }, (store) =>
    store.add(about, kept, async (into) => {
      const zipped = createGzip();
      const keeping = pipeline(zipped, into);
      keeping.catch(() => undefined);
      const bytes = await run(docker, containerId, command, {
        output: zipped,
        what: `the dump of ${service}`,
      });
      if (bytes === 0) throw new Error(`the dump of ${service} wrote nothing`);
      zipped.end();
      await keeping;
    }),
  );
}

/**
 * Gives a service the dump of a restore point, once it is known to be whole.
 *
 * @throws where it is damaged, and nothing was touched; or where the command fails, with its last lines
 */
export async function restoreService(
  docker: Docker,
  { service, containerId, volume }: DumpedService,
  command: readonly string[],
  point: KeptPoint,
): Promise<void> {
  const { Image } = await docker.getContainer(containerId).inspect();
  // Alone: a dump meanwhile could empty the slot that is read.
  await PointStore.with(docker, { volume, image: Image, alone: true }, async (store) => {
    for await (const _ of store.read(point));
    const input = unzipped(store.read(point));
    await run(docker, containerId, command, { input, what: `the restore of ${service}` });
  });
}

async function* unzipped(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const unzip = createGunzip();
  // It ends what is read from `unzip` with its error.
  pipeline(source, unzip).catch(() => undefined);
  yield* unzip;
}

interface Streams {
  /** What the command reads. @default nothing */
  input?: AsyncIterable<Buffer>;
  /** Where what it writes goes. @default nowhere */
  output?: NodeJS.WritableStream;
  what: string;
}

/** Runs a command in a container to its end. @returns how many bytes it wrote @throws also where the input broke off */
async function run(
  docker: Docker,
  id: string,
  command: readonly string[],
  { input, output, what }: Streams,
): Promise<number> {
  const process = await docker.getContainer(id).exec({
    ...{ Cmd: [...command], AttachStdin: input !== undefined, AttachStdout: true, AttachStderr: true },
  });
  const stream = (await process.start({ hijack: true, stdin: input !== undefined })) as unknown as Duplex;
  let said = Buffer.alloc(0);
  let bytes = 0;
  const written = async function* () {
    for await (const { from, content } of framesIn(stream)) {
      if (from === STDERR) said = Buffer.concat([said, content]).subarray(-TAIL);
      else {
        bytes += content.length;
        yield content;
      }
    }
  };
  let lost: Error | undefined;
  let broken: Error | undefined;
  const read = async function* () {
    try {
      yield* input ?? [];
    } catch (error) {
      lost = error as Error;
      throw error;
    }
  };
  // A command that reads no further has its reasons, which its exit code tells.
  const feeding = input === undefined ? Promise.resolve() : pipeline(read, stream).catch(() => undefined);
  const tooLong = new Error(`${what} took longer than ${TIME_LIMIT} seconds`);
  const late = setTimeout(() => void stream.destroy(tooLong), TIME_LIMIT * 1000);
  // Docker may hold on to the input of a command that ended without reading it, and end nothing.
  let over = false;
  const watch = setInterval(async () => {
    if (over || input === undefined) return;
    over = (await process.inspect().catch(() => undefined))?.Running === false;
    // What it said last may be on its way.
    if (over) setTimeout(() => void stream.destroy(), LAST_WORDS_MS);
  }, WATCH_MS);
  const closed = new Promise((resolve) => stream.once("close", resolve));
  try {
    await pipeline(written, output ?? nowhere(), { end: false });
    await Promise.race([feeding, closed]);
    if (lost !== undefined) throw lost;
  } catch (error) {
    if (input === undefined || lost !== undefined || error === tooLong) throw lost ?? error;
    // The connection of a command that ended before its input did breaks off: the exit code tells more.
    broken = error as Error;
  } finally {
    clearTimeout(late);
    clearInterval(watch);
    stream.on("error", () => undefined).destroy();
  }
  const { ExitCode } = await ended(process);
  if (broken !== undefined && !over && !ExitCode) throw broken;
  if (ExitCode === 0) return bytes;
  const { Config } = await docker.getContainer(id).inspect();
  const lines = said
    .toString()
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-LINES);
  const words = lines.map((line) => printable(redact(line, Config.Env ?? []))).join("; ");
  throw new Error(
    `${what} failed: ${words || (ExitCode === null ? "it doesn't end" : `exit code ${ExitCode}`)}`,
  );
}

const nowhere = () => new Writable({ write: (_, __, done) => done() });

/** Its streams have ended: what runs on without them is none of the command any more. */
async function ended(process: Docker.Exec) {
  for (let left = ENDING_MS; ; left -= POLL_MS) {
    const facts = await process.inspect();
    if (!facts.Running || left <= 0) return facts;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
