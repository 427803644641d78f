// tandem:docker:VolumeOwner: who owns the folder of a volume.
//
// Docker makes it root's where the image has no folder of that name, and a container without capabilities can't change
// that. A container that is created and never started lets Docker itself unpack the folder with its owner.
import { buffer } from "node:stream/consumers";
import { pack } from "tar-stream";
import type { CallContext, ResourceHandler } from "../lib/plugin/handler.ts";
import { type Properties, sameValue } from "../lib/plugin/values.ts";
import { TRANSIENT } from "./containers.ts";
import type { DockerHost } from "./docker-host.ts";

const FOLDER = "volume";

async function giveTo(inputs: Properties, ctx: CallContext<DockerHost>): Promise<Properties> {
  const [uid, gid] = String(inputs.owner).split(":").map(Number);
  const docker = await ctx.client.docker();
  const { Labels } = await docker.getVolume(String(inputs.volume)).inspect();
  const container = await docker.createContainer({
    Image: String(inputs.image),
    // Never run; an image without a command can't be created otherwise.
    Cmd: ["true"],
    Labels: { ...Labels, [TRANSIENT]: "true" },
    HostConfig: { Binds: [`${String(inputs.volume)}:/${FOLDER}`], NetworkMode: "none" },
  });
  try {
    const archive = pack();
    archive.entry({ name: `${FOLDER}/`, type: "directory", mode: 0o750, uid, gid });
    archive.finalize();
    await container.putArchive(await buffer(archive), { path: "/" });
  } finally {
    await container.remove({ force: true });
  }
  return inputs;
}

export const volumeOwner: ResourceHandler<DockerHost> = {
  check({ news }) {
    const fits = typeof news.owner !== "string" || /^\d+:\d+$/.test(news.owner);
    const reason = `'${String(news.owner)}' must be two numbers, uid:gid, such as 1000:1000.`;
    return { inputs: news, failures: fits ? [] : [{ property: "owner", reason }] };
  },
  diff({ olds, news }) {
    const changes: Record<string, "update"> = {};
    // The image is only the means: another one changes nothing.
    for (const key of ["volume", "owner"]) {
      if (!sameValue(olds[key] ?? null, news[key] ?? null)) changes[key] = "update";
    }
    return { changes };
  },
  create: async ({ inputs }, ctx) => ({ id: String(inputs.volume), outputs: await giveTo(inputs, ctx) }),
  read: ({ id, outputs, inputs }) => ({ id, outputs, inputs }),
  update: ({ inputs }, ctx) => giveTo(inputs, ctx),
  delete: () => undefined,
};
