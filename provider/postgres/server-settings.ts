// Before a server is given other settings: whether its image knows them and takes their values. The image itself is asked, in a
// container without a network and without data; a server that doesn't start would be an outage.
import type { CallContext } from "../../plugin/handler.ts";
import type { DockerHost } from "../docker/docker-host.ts";
import { pullImage } from "../docker/image.ts";
import { type GuardedServer, isThere, libraryFolders, probeOf, saidBy } from "./server-image.ts";

/** Reads the settings of the command line and ends before it looks at any data. */
const ASK = ["-C", "server_version", "-D", "/tmp", "-c", "config_file=/dev/null"];

/** Why the image's Postgres doesn't take the settings, in its own words; undefined where it does. */
export async function settingsProblem(
  { image: reference, settings = {}, user }: GuardedServer,
  ctx: CallContext<DockerHost>,
): Promise<string | undefined> {
  const docker = await ctx.client.docker();
  const image = (await ctx.client.imageId(reference)) ?? (await pullImage(ctx, reference));
  // Libraries are looked for by their files: to load them takes a server that starts.
  const { shared_preload_libraries: libraries = "", ...values } = settings;
  const words = Object.entries(values).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const command = [...ASK, ...words];
  const probe = await probeOf(docker, { image, user, entrypoint: "postgres", command });
  try {
    const said = (await saidBy(probe)) ?? "it has no Postgres";
    const version = /^(\d+)(?:\.\d|beta|rc|devel)/m.exec(said)?.[1];
    const refused = /(?:FATAL|ERROR): +(.*)/.exec(said)?.[1];
    if (refused !== undefined || version === undefined) return refused ?? said.trim();
    for (const library of libraries.split(",").filter((each) => each !== "")) {
      const places = libraryFolders(version).map((folder) => `${folder}/${library}.so`);
      const found = await Promise.all(places.map((path) => isThere(probe, path)));
      if (!found.includes(true)) return `it has no library ${library}`;
    }
    return undefined;
  } finally {
    await probe.remove({ force: true, v: true });
  }
}
