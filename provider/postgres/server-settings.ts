// Before a server is given other settings: whether its image starts with them. The image itself is asked, in a container without a
// network and without data; a server that doesn't start would be an outage.
import type Docker from "dockerode";
import type { CallContext } from "../../plugin/handler.ts";
import type { DockerHost } from "../docker/docker-host.ts";
import { pullImage } from "../docker/image.ts";
import {
  type GuardedServer,
  isThere,
  libraryFolders,
  probeOf,
  saidBy,
  volumeLabels,
} from "./server-image.ts";

/** Reads the settings of the command line and ends before it looks at any data. */
const ASK = ["-C", "server_version", "-D", "/tmp", "-c", "config_file=/dev/null"];

/**
 * Starts a server with the settings on a database of the moment, and says why it ended, if it did: only then are settings held against
 * each other and libraries loaded. An image that can't make a database, and a machine that is too slow or has too little memory, say
 * nothing.
 */
const START = `
initdb -D /tmp/data -U postgres -A trust --no-sync >/tmp/log 2>&1 || exit 0
{ postgres -D /tmp/data "$@" -c listen_addresses= -k /tmp >/tmp/log 2>&1; echo $? >/tmp/code; mv /tmp/code /tmp/ended; } &
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
  if [ -e /tmp/ended ]; then
    [ "$(cat /tmp/ended)" = 137 ] || grep -m 1 -E '(FATAL|PANIC): ' /tmp/log || tail -n 1 /tmp/log
    exit 0
  fi
  if pg_isready -q -h /tmp; then exit 0; fi
  sleep 0.3
done`;

/** A database and a server on it, all in memory. */
const START_MEMORY_MB = 512;

/** Why the image's Postgres doesn't start with the settings, in its own words; undefined where it does. */
export async function settingsProblem(
  { image: reference, settings = {}, user, volume }: GuardedServer,
  ctx: CallContext<DockerHost>,
): Promise<string | undefined> {
  const docker = await ctx.client.docker();
  const image = (await ctx.client.imageId(reference)) ?? (await pullImage(ctx, reference));
  // By them a probe is known that a killed run leaves behind.
  const place = { image, user, labels: (await volumeLabels(docker, volume)) ?? {} };
  return (await refusedByName(docker, place, settings)) ?? (await endedBy(docker, place, settings));
}

interface Place {
  image: string;
  user: string;
  labels: Record<string, string>;
}

const wordsOf = (settings: Readonly<Record<string, string>>) =>
  Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);

/** What is told without a start: in better words, and of images that can't be started here as well. */
async function refusedByName(
  docker: Docker,
  place: Place,
  { shared_preload_libraries: libraries = "", ...values }: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const command = [...ASK, ...wordsOf(values)];
  const probe = await probeOf(docker, { ...place, entrypoint: "postgres", command });
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

async function endedBy(
  docker: Docker,
  place: Place,
  settings: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const command = ["-c", START, "sh", ...wordsOf(settings)];
  const probe = await probeOf(docker, {
    ...{ ...place, entrypoint: "sh", command },
    ...{ scratch: "/tmp", memoryMb: START_MEMORY_MB },
  });
  try {
    const said = ((await saidBy(probe)) ?? "").trim();
    return said === "" ? undefined : said.replace(/^.*?(?:FATAL|PANIC): +/, "");
  } finally {
    await probe.remove({ force: true, v: true });
  }
}
