// Puts the program that asks by HTTP or TCP into a container whose image may have none: its health check runs it there.
import { posix } from "node:path";
import { buffer } from "node:stream/consumers";
import type Docker from "dockerode";
import { extract, pack } from "tar-stream";
import type { Properties } from "../../plugin/values.ts";
import { inspect, TRANSIENT } from "./containers.ts";

/** The program's path in its image, and its name in the folder that it is put into. */
const PROGRAM = "/bin/busybox";

/** The program by image: some 1 MB, read once for all containers of an `up`. */
const programs = new Map<string, Promise<Buffer>>();

/** Puts the program into a container that isn't started yet, where its check needs it. */
export async function putProbe(docker: Docker, inputs: Properties): Promise<void> {
  if (inputs.probe === undefined) return;
  const { image, folder } = inputs.probe as { image: string; folder: string };
  const id = String(inputs.containerId);
  // One that runs has it.
  if ((await inspect(docker, id))?.State.Running) return;
  const reading = programs.get(image) ?? readProgram(docker, image);
  programs.set(image, reading);
  // What failed once may work for the next container.
  reading.catch(() => programs.delete(image));
  const archive = pack();
  archive.entry({ name: posix.basename(PROGRAM), mode: 0o555 }, await reading);
  archive.finalize();
  await docker.getContainer(id).putArchive(await buffer(archive), { path: folder });
}

/** Reads it from its image, through a container that is never started. */
async function readProgram(docker: Docker, image: string): Promise<Buffer> {
  const container = await docker.createContainer({ Image: image, Labels: { [TRANSIENT]: "probe" } });
  try {
    const archive = await container.getArchive({ path: PROGRAM });
    for await (const entry of archive.pipe(extract())) return await buffer(entry);
    throw new Error(`image ${image} has no ${PROGRAM}`);
  } finally {
    await container.remove({ force: true, v: true }).catch(() => undefined);
  }
}
