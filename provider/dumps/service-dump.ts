// Dumps of a service by its own command, as a stream: out of its container into the store, and back.
import { type Duplex, PassThrough, Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import type Docker from "dockerode";
import { printable } from "../../lib/printable.ts";
import { redact } from "../docker/containers.ts";
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
/** Longest that a dump or a restore may take, as with a database's. Seconds. */
const TIME_LIMIT = 3600;

/** `20261130-090258-before-update`: sorts by time. */
const pointName = (why: string, now: Date) =>
  `${now.toISOString().replaceAll(/[-:]/g, "").replace("T", "-").slice(0, 15)}-${why}`;

/**
 * Dumps a service into its store.
 *
 * @param why the end of the restore point's name
 * @param spare a restore point that must stay
 * @throws where the command fails or writes nothing, with its last lines, or there is no room
 */
export async function dumpService(
  docker: Docker,
  { service, containerId, volume, keep }: DumpedService,
  command: readonly string[],
  why: "before-update" | "before-restore" | "by-hand",
  spare?: string,
): Promise<ServicePoint> {
  const { Image } = await docker.getContainer(containerId).inspect();
  const now = new Date();
  const about = { name: pointName(why, now), createdAt: now.toISOString(), image: Image };
  return await PointStore.with(docker, { volume, image: Image }, (store) =>
    store.add(
      about,
      keep,
      async (into) => {
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
      },
      spare,
    ),
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
  await PointStore.with(docker, { volume, image: Image }, async (store) => {
    for await (const _ of store.read(point));
    const input = Readable.from(store.read(point)).pipe(createGunzip());
    await run(docker, containerId, command, { input, what: `the restore of ${service}` });
  });
}

interface Streams {
  /** What the command reads. @default nothing */
  input?: Readable;
  /** Where what it writes goes. @default nowhere */
  output?: NodeJS.WritableStream;
  what: string;
}

/** Runs a command in a container to its end. @returns how many bytes it wrote */
async function run(
  docker: Docker,
  id: string,
  command: readonly string[],
  { input, output, what }: Streams,
): Promise<number> {
  const process = await docker.getContainer(id).exec({
    ...{ Cmd: [...command], AttachStdin: input !== undefined, AttachStdout: true, AttachStderr: true },
  });
  const stream = await process.start({ hijack: true, stdin: input !== undefined });
  const [out, err] = [new PassThrough(), new PassThrough()];
  docker.modem.demuxStream(stream, out, err);
  stream.once("end", () => [out, err].forEach((one) => void one.end()));
  stream.once("error", (error: Error) => [out, err].forEach((one) => void one.destroy(error)));
  let said = Buffer.alloc(0);
  err.on("data", (bytes: Buffer) => {
    said = Buffer.concat([said, bytes]).subarray(-TAIL);
  });
  const feeding = input === undefined ? Promise.resolve() : pipeline(input, stream).catch(() => undefined);
  let bytes = 0;
  const counted = async function* (source: AsyncIterable<Buffer>) {
    for await (const part of source) {
      bytes += part.length;
      yield part;
    }
  };
  const late = setTimeout(
    () =>
      void (stream as unknown as Duplex).destroy(new Error(`${what} took longer than ${TIME_LIMIT} seconds`)),
    TIME_LIMIT * 1000,
  );
  try {
    await pipeline(out, counted, output ?? nowhere(), { end: false });
    await feeding;
  } finally {
    clearTimeout(late);
    (stream as unknown as Duplex).destroy();
  }
  const { ExitCode } = await ended(process);
  if (ExitCode === 0) return bytes;
  const { Config } = await docker.getContainer(id).inspect();
  const lines = said
    .toString()
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-LINES);
  const words = lines.map((line) => printable(redact(line, Config.Env ?? []))).join("; ");
  throw new Error(`${what} failed: ${words || `exit code ${ExitCode}`}`);
}

const nowhere = () => new Writable({ write: (_, __, done) => done() });

async function ended(process: Docker.Exec) {
  for (;;) {
    const facts = await process.inspect();
    if (!facts.Running) return facts;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
