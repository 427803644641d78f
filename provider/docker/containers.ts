// What the handlers do with containers through the Docker API: exec, files, logs.
import { posix } from "node:path";
import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type Docker from "dockerode";
import { extract, pack } from "tar-stream";
import { printable } from "../../lib/printable.ts";

/** What a command inside a container printed and how it ended. */
export interface ExecResult {
  exitCode: number;
  /** Both streams, for messages. */
  output: string;
  /** Standard output alone, for answers: a warning on the other stream must not become part of one. */
  stdout: string;
}

/** Label of a container that is made to read or write something through it, is never started, and is gone at once. */
export const TRANSIENT = "tandem.transient";

/** Whether the Docker API says that the thing isn't there. */
export function isNotFound(error: unknown): boolean {
  return error instanceof Error && (error as { statusCode?: number }).statusCode === 404;
}

/** Facts about a container, or undefined when it is gone. */
export async function inspect(docker: Docker, id: string): Promise<Docker.ContainerInspectInfo | undefined> {
  try {
    return await docker.getContainer(id).inspect();
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/**
 * Stops a container that failed, within `seconds`, so that it stays stopped: containers of a policy `always` come back
 * with the daemon otherwise, and a worker that nobody wants would work. Starting it gives it the policy again.
 */
export async function stopForGood(docker: Docker, id: string, seconds: number): Promise<void> {
  const container = docker.getContainer(id);
  // What can't be done any more must not hide why it was to be stopped.
  await container.update({ RestartPolicy: { Name: "no" } }).catch(() => undefined);
  await container.stop({ t: seconds }).catch(() => undefined);
}

/** Gives a container its restart policy again that was stopped for good. */
export async function allowRestart(docker: Docker, id: string): Promise<void> {
  const facts = await inspect(docker, id);
  if (facts?.HostConfig.RestartPolicy?.Name !== "no") return;
  await docker.getContainer(id).update({ RestartPolicy: { Name: "always" } });
}

/** The longest answer of a command inside a container that is kept. In bytes; the largest that is asked for has some MB. */
const ANSWER_LIMIT = 64 * 1024 * 1024;

/**
 * Runs a command inside a running container; `input` becomes its standard input and stands in no process list. `user`
 * is the container's own unless given; `env` holds variables for the command, `NAME=value`, none of them secret.
 *
 * @throws when it prints more than 64 MiB: what runs there is not trusted with this process's memory
 */
export async function exec(
  docker: Docker,
  id: string,
  command: string[],
  input?: string,
  user?: string,
  env?: string[],
): Promise<ExecResult> {
  const process = await docker.getContainer(id).exec({
    Cmd: command,
    ...(user === undefined ? {} : { User: user }),
    ...(env === undefined ? {} : { Env: env }),
    AttachStdin: input !== undefined,
    AttachStdout: true,
    AttachStderr: true,
  });
  const stream = await process.start({ hijack: input !== undefined, stdin: input !== undefined });
  if (input !== undefined) stream.end(input);
  const frames = await collect(stream, ANSWER_LIMIT, `${command[0]} in container ${id.slice(0, 12)}`);
  const { ExitCode } = await process.inspect();
  return { exitCode: ExitCode ?? -1, output: demultiplex(frames), stdout: demultiplex(frames, [STDOUT]) };
}

/** All of a stream. @throws naming `what` when it is longer than `limit`, in bytes; it is read no further then, and closed */
export async function collect(stream: NodeJS.ReadableStream, limit: number, what: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of stream) {
    length += part.length;
    if (length > limit)
      throw new Error(`${what} gave more than ${limit / 1024 / 1024} MiB, which is not read`);
    parts.push(Buffer.from(part));
  }
  return Buffer.concat(parts);
}

const STDOUT = 1;
const STDERR = 2;

/** Docker's frames, one for each entry of a log: 1 byte stream, 3 bytes nothing, 4 bytes length, then the content. */
export function* framesOf(frames: Buffer): Generator<{ stream: number; content: Buffer }> {
  for (let at = 0; at + 8 <= frames.length; ) {
    const length = frames.readUInt32BE(at + 4);
    yield { stream: frames.readUInt8(at), content: frames.subarray(at + 8, at + 8 + length) };
    at += 8 + length;
  }
}

/** The text of Docker's frames. */
export function demultiplex(frames: Buffer, streams: readonly number[] = [STDOUT, STDERR]): string {
  const wanted = [...framesOf(frames)].filter(({ stream }) => streams.includes(stream));
  return Buffer.concat(wanted.map(({ content }) => content)).toString("utf8");
}

/** The last lines that a container logged, without what looks like a credential, harmless for a terminal. */
export async function lastLogLines(docker: Docker, id: string, lines: number): Promise<string[]> {
  const frames = await docker.getContainer(id).logs({ stdout: true, stderr: true, tail: lines });
  const facts = await inspect(docker, id);
  return demultiplex(frames)
    .split("\n")
    .map((line) => printable(redact(line.trimEnd(), facts?.Config.Env ?? [])))
    .filter((line) => line !== "");
}

/** Variables whose values must not be repeated; one that names a file holds none. */
const SECRET_NAME = /^(?!.*_FILE$).*(SECRET|TOKEN|PASS|KEY|CREDENTIAL|DSN|_URL$)/i;

/** Blots out credentials in URLs and the values of variables that are named like secrets. */
export function redact(line: string, environment: string[]): string {
  let result = line.replace(/(:\/\/[^\s:@/]*:)[^\s@/]+@/g, "$1[secret]@");
  for (const entry of environment) {
    const at = entry.indexOf("=");
    const value = entry.slice(at + 1);
    if (value.length >= 6 && SECRET_NAME.test(entry.slice(0, at)))
      result = result.replaceAll(value, "[secret]");
  }
  return result;
}

/**
 * Writes a file into a container, started or not; its folder must lie in a volume if the root is read-only.
 *
 * @param uid number of the user who alone may read it. @default everybody in the container may: the process there runs as
 *   a user that Docker's upload doesn't know
 */
export async function putFile(
  docker: Docker,
  id: string,
  path: string,
  content: string,
  uid?: number,
): Promise<void> {
  const owner = uid === undefined ? { mode: 0o444 } : { mode: 0o400, uid, gid: uid };
  const upload = async (folder: string) => {
    const archive = pack();
    archive.entry({ name: posix.relative(folder, path), ...owner }, content);
    archive.finalize();
    await docker.getContainer(id).putArchive(await buffer(archive), { path: folder });
  };
  try {
    await upload(posix.dirname(path));
  } catch (error) {
    // A folder that the image hasn't: Docker makes those on the way.
    if (!isNotFound(error)) throw error;
    await upload("/");
  }
}

/** Makes a folder in a container's volume. */
export async function putFolder(docker: Docker, id: string, path: string): Promise<void> {
  const archive = pack();
  archive.entry({ name: posix.basename(path), type: "directory", mode: 0o755 });
  archive.finalize();
  await docker.getContainer(id).putArchive(await buffer(archive), { path: posix.dirname(path) });
}

/**
 * Content of a file in a container, or undefined when it isn't there.
 *
 * @throws when it is longer than 64 MiB, as `exec` does
 */
export async function getFile(docker: Docker, id: string, path: string): Promise<string | undefined> {
  let archive: Readable | undefined;
  try {
    archive = (await docker.getContainer(id).getArchive({ path })) as Readable;
    for await (const entry of archive.pipe(extract())) {
      const what = `file ${path} in container ${id.slice(0, 12)}`;
      return (await collect(entry as unknown as Readable, ANSWER_LIMIT, what)).toString("utf8");
    }
    return undefined;
  } catch (error) {
    archive?.destroy();
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** The files right in a folder of a container, by their names; none where there is no such folder. */
export async function getFiles(docker: Docker, id: string, folder: string): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  try {
    const archive = await docker.getContainer(id).getArchive({ path: folder });
    for await (const entry of archive.pipe(extract())) {
      const [, name = "", ...deeper] = entry.header.name.split("/");
      if (entry.header.type === "file" && deeper.length === 0) files.set(name, await buffer(entry));
      else entry.resume();
    }
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  return files;
}
