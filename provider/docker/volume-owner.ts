// tandem:docker:VolumeOwner: who owns a volume, its folder and everything in it.
//
// Docker makes the folder root's where the image has none of that name, and a container without capabilities can't change
// that. A container that is created and never started lets Docker itself unpack the folder with its owner; what lies below
// takes a process that may change owners, in a container that has nothing but the volume. Neither happens while somebody
// uses the volume: files that change their owner under a version that serves are lost to it.

import { buffer } from "node:stream/consumers";
import type Docker from "dockerode";
import { extract, pack } from "tar-stream";
import { labels } from "../../lib/docker/labels.ts";
import { Problems } from "../../lib/docker/problems.ts";
import { image, mountSource, owner } from "../../lib/docker/values.ts";
import type { CallContext, ResourceHandler } from "../../plugin/handler.ts";
import { hasUnknown, type Properties, sameValue } from "../../plugin/values.ts";
import { demultiplex, isNotFound, TRANSIENT } from "./containers.ts";
import type { DockerHost } from "./docker-host.ts";
import { downCommand } from "./down-command.ts";
import { pullImage } from "./image.ts";

type Context = CallContext<DockerHost>;

const FOLDER = "volume";
const NEW_MODE = 0o750;

/** Runs `work` with a container of the image that has the volume and nothing else; it is not started. */
async function withVolume<T>(
  docker: Docker,
  { image, volume, owner }: Properties,
  work: (container: Docker.Container) => Promise<T>,
): Promise<T> {
  const { Labels } = await docker.getVolume(String(volume)).inspect();
  const container = await docker.createContainer({
    Image: String(image),
    Entrypoint: ["chown"],
    Cmd: ["-R", "-h", String(owner), `/${FOLDER}`],
    User: "0:0",
    Labels: { ...Labels, [TRANSIENT]: "true" },
    HostConfig: {
      Binds: [`${String(volume)}:/${FOLDER}`],
      NetworkMode: "none",
      CapDrop: ["ALL"],
      // To change owners, and to enter folders that are closed to everybody but theirs.
      CapAdd: ["CHOWN", "DAC_OVERRIDE"],
      SecurityOpt: ["no-new-privileges:true"],
    },
  });
  try {
    return await work(container);
  } finally {
    await container.remove({ force: true, v: true });
  }
}

/** What lies in a container at a path: owner and mode of the folder, and whether anything is in it. */
async function lookAt(container: Docker.Container, path: string) {
  const archive = await container.getArchive({ path });
  let folder: { owner: string; mode: number } | undefined;
  try {
    for await (const entry of archive.pipe(extract())) {
      const { uid = 0, gid = 0, mode = NEW_MODE } = entry.header;
      if (folder !== undefined) return { ...folder, isEmpty: false };
      folder = { owner: `${uid}:${gid}`, mode };
      entry.resume();
    }
    return { owner: "", mode: NEW_MODE, ...folder, isEmpty: true };
  } finally {
    // The rest may be gigabytes.
    (archive as NodeJS.ReadableStream & { destroy(): void }).destroy();
  }
}

/** Gives everything in the volume to its owner, the folder last: an interrupted run begins anew. */
async function giveContent(container: Docker.Container, { image, volume }: Properties): Promise<void> {
  try {
    await container.start();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `The files in volume ${String(volume)} can't be given to another user: the image ${String(image)} has no chown ` +
        `(${reason}). Give the DataVolume an \`image\` that has one; nothing was changed.`,
    );
  }
  const { StatusCode } = (await container.wait()) as { StatusCode: number };
  if (StatusCode === 0) return;
  const said = demultiplex(await container.logs({ stdout: true, stderr: true, tail: 5 })).trim();
  throw new Error(`The files in volume ${String(volume)} could not all be given to their owner: ${said}`);
}

/** Running containers that have the volume. */
async function usersOf(docker: Docker, volume: string): Promise<Docker.ContainerInfo[]> {
  const filters = JSON.stringify({ volume: [volume], status: ["running", "paused", "restarting"] });
  return (await docker.listContainers({ filters })).filter(({ Labels }) => Labels[TRANSIENT] === undefined);
}

/** Why the owner can't change now; undefined where it can, or need not. */
async function inUse(docker: Docker, { volume, owner }: Properties): Promise<string | undefined> {
  const [user] = await usersOf(docker, String(volume));
  const path = user?.Mounts.find(({ Name }) => Name === volume)?.Destination;
  if (user === undefined || path === undefined) return undefined;
  const now = (await lookAt(docker.getContainer(user.Id), path)).owner;
  if (now === owner) return undefined;
  const name = (user.Names[0] ?? user.Id).replace(/^\//, "");
  const command = downCommand(user.Labels[labels.system], user.Labels[labels.environment]);
  return (
    `volume ${String(volume)} belongs to ${now} and ${name} uses it: given to ${String(owner)} now, that would lose its ` +
    "files while it runs. Nothing was touched. To do: keep the owner; or " +
    (command === undefined ? "stop what uses it" : `\`${command}\` (its data stays)`) +
    ", and then bring it up with the new one."
  );
}

/** @param isNew whether nothing is known of the volume yet: then a folder that has its owner speaks for what is in it */
async function giveTo(inputs: Properties, ctx: Context, isNew: boolean): Promise<Properties> {
  const [uid, gid] = String(inputs.owner).split(":").map(Number);
  const docker = await ctx.client.docker();
  const problem = await inUse(docker, inputs);
  if (problem !== undefined) throw new Error(problem);
  // On a new host nobody else has pulled it yet: the volume comes before the container that uses it.
  const reference = String(inputs.image);
  if ((await ctx.client.imageId(reference)) === undefined) await pullImage(ctx, reference);
  await withVolume(docker, inputs, async (container) => {
    const { owner, mode, isEmpty } = await lookAt(container, `/${FOLDER}`);
    if (isNew && owner === inputs.owner) return;
    if (!isEmpty) await giveContent(container, inputs);
    const archive = pack();
    archive.entry({ name: `${FOLDER}/`, type: "directory", mode: isEmpty ? NEW_MODE : mode, uid, gid });
    archive.finalize();
    await container.putArchive(await buffer(archive), { path: "/" });
  });
  return inputs;
}

/** Refuses at preview what `giveTo` would refuse. */
async function failuresOf(news: Properties, olds: Properties, ctx: Context): Promise<string[]> {
  const problems = new Problems();
  problems.optional("owner", news.owner, owner);
  problems.optional("volume", news.volume, mountSource);
  problems.optional("image", news.image, image);
  if (problems.found.length > 0)
    return problems.found.map(({ argument, reason }) => `${argument} ${reason}.`);
  const isSame = sameValue(olds.owner ?? null, news.owner) && sameValue(olds.volume ?? null, news.volume);
  if (hasUnknown(news.owner) || hasUnknown(news.volume) || isSame) return [];
  try {
    return [await inUse(await ctx.client.docker(), news)].filter((one) => one !== undefined);
  } catch (error) {
    // Its user went meanwhile: nobody loses anything.
    if (isNotFound(error)) return [];
    throw error;
  }
}

export const volumeOwner: ResourceHandler<DockerHost> = {
  async check({ news, olds }, ctx) {
    const reasons = await failuresOf(news, olds, ctx);
    return { inputs: news, failures: reasons.map((reason) => ({ property: "owner", reason })) };
  },
  diff({ olds, news }) {
    const changes: Record<string, "update"> = {};
    // The image is only the means: another one changes nothing.
    for (const key of ["volume", "owner"]) {
      if (!sameValue(olds[key] ?? null, news[key] ?? null)) changes[key] = "update";
    }
    return { changes };
  },
  create: async ({ inputs }, ctx) => ({
    id: String(inputs.volume),
    outputs: await giveTo(inputs, ctx, true),
  }),
  read: ({ id, outputs, inputs }) => ({ id, outputs, inputs }),
  update: ({ inputs }, ctx) => giveTo(inputs, ctx, false),
  delete: () => undefined,
};
