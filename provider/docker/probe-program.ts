// Puts the program that asks by HTTP or TCP into a container whose image may have none: its health check runs it there.
import { posix } from "node:path";
import { buffer } from "node:stream/consumers";
import type Docker from "dockerode";
import { extract, pack } from "tar-stream";
import type { Properties } from "../../plugin/values.ts";
import { inspect, TRANSIENT } from "./containers.ts";

/** The program's path in its image, and its name in the folder that it is put into. */
const PROGRAM = "/bin/busybox";

/** The programs by image: some MB each, read once for all containers of an `up`. */
const programs = new Map<string, Promise<Buffer>>();

/** Puts the program into a container that isn't started yet, where its check needs it. */
export async function putProbe(docker: Docker, inputs: Properties): Promise<void> {
  if (inputs.probe === undefined) return;
  const { image, folder } = inputs.probe as { image: string; folder: string };
  const id = String(inputs.containerId);
  // One that runs has it.
  if ((await inspect(docker, id))?.State.Running) return;
  const archive = pack();
  archive.entry({ name: posix.basename(PROGRAM), mode: 0o555 }, await programOf(docker, image, PROGRAM));
  archive.finalize();
  await docker.getContainer(id).putArchive(await buffer(archive), { path: folder });
}

/**
 * A program out of its image.
 *
 * @param path where it lies. @default the image's entry point
 */
export function programOf(docker: Docker, image: string, path?: string): Promise<Buffer> {
  const reading = programs.get(image) ?? readProgram(docker, image, path);
  programs.set(image, reading);
  // What failed once may work for the next container.
  reading.catch(() => programs.delete(image));
  return reading;
}

/** Reads it from its image, through a container that is never started. */
async function readProgram(docker: Docker, image: string, given?: string): Promise<Buffer> {
  const path = given ?? (await docker.getImage(image).inspect()).Config.Entrypoint?.[0] ?? "";
  const container = await docker.createContainer({ Image: image, Labels: { [TRANSIENT]: "probe" } });
  try {
    const archive = await container.getArchive({ path });
    for await (const entry of archive.pipe(extract())) return await buffer(entry);
    throw new Error(`image ${image} has no ${path}`);
  } finally {
    await container.remove({ force: true, v: true }).catch(() => undefined);
  }
}
