// A Docker of one volume in memory, as far as restore points go: files in and out through a container, and one command.
import { Duplex, type Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type Docker from "dockerode";
import { extract, pack } from "tar-stream";

const refusal = (statusCode: number) => Object.assign(new Error(`status ${statusCode}`), { statusCode });
/** One frame of what a command writes. */
export const frame = (stream: 1 | 2, text: string): Buffer => {
  const head = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([head, Buffer.from(text)]);
};

/** How a command ends, and what it writes, once it has read all that it is given; undefined for one that ended without reading. */
export type Command = (input: string) => { exitCode: number; out?: string; err?: string } | undefined;

/** @param files of the volume, by their path in it */
export function memoryDocker(files: Map<string, Buffer>, command: Command = () => ({ exitCode: 0 })): Docker {
  const names = new Set<string>();
  const withFiles = {
    putArchive: async (archive: Readable) => {
      const unpack = extract();
      archive.once("error", (error) => unpack.destroy(error)).pipe(unpack);
      for await (const entry of unpack) files.set(entry.header.name, await buffer(entry));
    },
    getArchive: async ({ path }: { path: string }) => {
      const wanted = path.replace(/^\/dumps\//, "");
      const found = [...files].filter(([name]) => name === wanted || name.startsWith(`${wanted}/`));
      if (found.length === 0) throw refusal(404);
      const archive = pack();
      for (const [name, content] of found) archive.entry({ name }, content);
      archive.finalize();
      return archive;
    },
    inspect: async () => ({ Image: "sha256:one", Config: { Env: [] } }),
    exec: async () => {
      let exitCode: number | null = null;
      const given: Buffer[] = [];
      const stream = new Duplex({
        read: () => undefined,
        write: (bytes: Buffer, _, done) => {
          given.push(bytes);
          done();
        },
        final: (done) => {
          const end = command(Buffer.concat(given).toString());
          exitCode = end?.exitCode ?? 0;
          // As Docker does it: the input isn't taken to its end, and the output stays open.
          if (end === undefined) return;
          stream.push(Buffer.concat([frame(1, end.out ?? ""), frame(2, end.err ?? "")]));
          stream.push(null);
          done();
        },
      });
      const start = async ({ stdin }: { stdin: boolean }) => (stdin ? stream : stream.end());
      return { start, inspect: async () => ({ Running: false, ExitCode: exitCode }) };
    },
  };
  const createContainer = async ({ name = "" }: { name?: string }) => {
    if (names.has(name)) throw refusal(409);
    if (name !== "") names.add(name);
    return { ...withFiles, id: "store", remove: async () => void names.delete(name) };
  };
  const volume = { inspect: async () => ({ Labels: {} }) };
  return { createContainer, getContainer: () => withFiles, getVolume: () => volume } as unknown as Docker;
}
