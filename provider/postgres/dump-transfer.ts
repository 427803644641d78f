// Moves a dump from one container into another, as a stream: neither this machine's disk nor its memory holds it.
import { posix } from "node:path";
import { PassThrough } from "node:stream";
import { pipeline } from "node:stream/promises";
import type Docker from "dockerode";
import { extract, pack } from "tar-stream";
import { exec } from "../docker/containers.ts";

/** A file in a container. */
export interface ContainerFile {
  docker: Docker;
  containerId: string;
  path: string;
}

/** Owner of the files of a container's main process. */
async function ownerIn(
  { docker, containerId }: ContainerFile,
  user: string,
): Promise<{ uid: number; gid: number }> {
  const { stdout } = await exec(docker, containerId, ["sh", "-c", 'id -u "$1"; id -g "$1"', "owner", user]);
  const [uid = 0, gid = 0] = stdout.trim().split("\n").map(Number);
  return { uid, gid };
}

/**
 * Copies one file to another container, perhaps on another host, readable by that user alone. The folder must exist,
 * in a volume where the container's root is read-only.
 *
 * @param user user of the target container that it is to belong to
 */
export async function copyBetween(from: ContainerFile, to: ContainerFile, user: string): Promise<void> {
  const owner = await ownerIn(to, user);
  const archive = pack();
  // Bytes and not strings: an archive that Docker takes must come as a plain stream.
  const body = new PassThrough();
  const sending = to.docker.getContainer(to.containerId).putArchive(body, { path: posix.dirname(to.path) });
  const packing = pipeline(archive, body);
  const reading = async () => {
    const entries = (await from.docker.getContainer(from.containerId).getArchive({ path: from.path })).pipe(
      extract(),
    );
    for await (const entry of entries) {
      const { size } = entry.header;
      const file = archive.entry({ name: posix.basename(to.path), size, mode: 0o600, ...owner });
      await pipeline(entry, file);
    }
    archive.finalize();
  };
  const read = reading().catch((error: Error) => {
    // Else the other end would wait for the rest for ever.
    archive.destroy(error);
    body.destroy(error);
    throw error;
  });
  await Promise.all([read, sending, packing]);
}
