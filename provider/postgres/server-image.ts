// Before a server gets another image: whether that can read what is in the server's volume. The image itself is asked, in a
// container without a network that may only read the volume; the running server is left alone.
import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import { extract } from "tar-stream";
import type { CallContext } from "../../plugin/handler.ts";
import { demultiplex, getFile, inspect, isNotFound, TRANSIENT } from "../docker/containers.ts";
import type { DockerHost } from "../docker/docker-host.ts";
import { pullImage } from "../docker/image.ts";
import { literal, psql } from "./psql.ts";
import { postgresProblem, redisProblem } from "./server-fit.ts";

/** A server whose data is guarded. */
export interface GuardedServer {
  kind: "postgres" | "redis";
  /** Reference of the image that it is to run. */
  image: string;
  /** Name of its container. */
  container: string;
  volume: string;
  /** Folder of the data inside the volume. @default the volume itself */
  folder?: string;
  /** User inside the container. */
  user: string;
  /** Settings that a topology gives it, as its command line has them. @default none */
  settings?: Readonly<Record<string, string>>;
}

type Context = CallContext<DockerHost>;

const PLACE = "/volume";
const PROGRAM = { postgres: "postgres", redis: "redis-server" } as const;
/** Enough of a snapshot to hold who wrote it. Bytes. */
const HEAD = 512;
/** Longest that a program may take to tell its version. Milliseconds. */
const PATIENCE = 20_000;
const POLL_MS = 50;

/** Why the image can't work with what is in the volume; undefined where it can, or where there is nothing yet. */
export async function serverProblem(server: GuardedServer, ctx: Context): Promise<string | undefined> {
  const [wanted, current] = await Promise.all([
    ctx.client.imageId(server.image),
    ctx.client.imageOf(server.container),
  ]);
  // What it runs already. Two quick requests are all that a preview without such a change costs.
  if (wanted !== undefined && wanted === current) return undefined;
  const docker = await ctx.client.docker();
  const labels = await volumeLabels(docker, server.volume);
  if (labels === undefined) return undefined;
  const image = wanted ?? (await pullImage(ctx, server.image));
  const probe = await probeOf(docker, {
    ...{ image, labels, entrypoint: PROGRAM[server.kind], command: ["--version"] },
    binds: [`${server.volume}:${PLACE}:ro,nocopy`],
  });
  try {
    return await (server.kind === "postgres"
      ? postgres(docker, probe, server)
      : redis(docker, probe, server));
  } finally {
    await probe.remove({ force: true, v: true });
  }
}

/** What runs for a moment to tell of an image. */
interface ProbeSpec {
  image: string;
  entrypoint: string;
  command: string[];
  /** @default the image's */
  user?: string;
  labels?: Record<string, string>;
  binds?: string[];
  /** A folder in memory. @default none: it writes nothing */
  scratch?: string;
  /** @default 256 */
  memoryMb?: number;
}

/** Makes a container that reaches nothing and leaves nothing; the caller removes it. */
export async function probeOf(
  docker: Docker,
  { image, entrypoint, command, user, labels = {}, binds = [], scratch, memoryMb = 256 }: ProbeSpec,
): Promise<Docker.Container> {
  return await docker.createContainer({
    Image: image,
    Entrypoint: [entrypoint],
    Cmd: command,
    ...(user === undefined ? {} : { User: user }),
    Labels: { ...labels, [TRANSIENT]: "true" },
    HostConfig: {
      Binds: binds,
      Tmpfs: scratch === undefined ? {} : { [scratch]: "rw,nosuid,nodev,noexec,mode=1777" },
      NetworkMode: "none",
      ReadonlyRootfs: true,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges:true"],
      Memory: memoryMb * 2 ** 20,
      PidsLimit: 50,
    },
  });
}

/** Labels of a volume; undefined where there is none. */
export async function volumeLabels(
  docker: Docker,
  name: string,
): Promise<Record<string, string> | undefined> {
  try {
    return (await docker.getVolume(name).inspect()).Labels ?? {};
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function postgres(docker: Docker, probe: Docker.Container, server: GuardedServer) {
  const file = await headOf(probe, `${PLACE}/${server.folder ?? "."}/PG_VERSION`);
  if (file === undefined) return undefined;
  const written = file.content.toString();
  return postgresProblem({
    ...{ written, owner: file.owner, user: server.user, uid: await uidOf(docker, probe, server.user) },
    missing: await missingExtensions(docker, probe, server, written.trim()),
    image: await saidBy(probe),
  });
}

async function redis(docker: Docker, probe: Docker.Container, server: GuardedServer) {
  const folder = `${PLACE}/${server.folder ?? "."}`;
  const manifest = await headOf(probe, `${folder}/appendonlydir/appendonly.aof.manifest`);
  const base = /^file (\S+) seq \d+ type b/m.exec(manifest?.content.toString() ?? "")?.[1];
  const snapshot = base === undefined ? `${folder}/dump.rdb` : `${folder}/appendonlydir/${base}`;
  const file = await headOf(probe, snapshot);
  if (file === undefined) return undefined;
  return redisProblem({
    ...{ written: file.content, owner: file.owner, user: server.user },
    uid: await uidOf(docker, probe, server.user),
    image: await saidBy(probe),
  });
}

/** Beginning and owner of a file; undefined where it isn't there. */
async function headOf(container: Docker.Container, path: string) {
  let archive: NodeJS.ReadableStream;
  try {
    archive = await container.getArchive({ path });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
  try {
    for await (const entry of archive.pipe(extract())) {
      let content = Buffer.alloc(0);
      for await (const part of entry) {
        content = Buffer.concat([content, part as Buffer]);
        if (content.length >= HEAD) break;
      }
      return { content: content.subarray(0, HEAD), owner: entry.header.uid ?? 0 };
    }
    return undefined;
  } finally {
    // The rest may be gigabytes.
    (archive as NodeJS.ReadableStream & { destroy(): void }).destroy();
  }
}

async function uidOf(docker: Docker, probe: Docker.Container, user: string): Promise<number | undefined> {
  const line = (await getFile(docker, probe.id, "/etc/passwd"))
    ?.split("\n")
    .find((one) => one.startsWith(`${user}:`));
  return line === undefined ? undefined : Number(line.split(":")[2]);
}

/** What the image's program says; undefined where there is no such program. */
export async function saidBy(probe: Docker.Container): Promise<string | undefined> {
  try {
    await probe.start();
  } catch {
    // No such program.
    return undefined;
  }
  const deadline = Date.now() + PATIENCE;
  while ((await probe.inspect()).State.Running && Date.now() < deadline) await sleep(POLL_MS);
  return demultiplex(await probe.logs({ stdout: true, stderr: true })).slice(0, HEAD);
}

/** Folders where images keep what extensions they have: Debian's, and that of Postgres' own build. */
const folders = (major: string) => [
  `/usr/share/postgresql/${major}/extension`,
  "/usr/local/share/postgresql/extension",
  "/usr/share/postgresql/extension",
];

/** Folders of the libraries that a server loads, by the same two. */
export const libraryFolders = (major: string) => [
  `/usr/lib/postgresql/${major}/lib`,
  "/usr/local/lib/postgresql",
  "/usr/lib/postgresql",
];

async function missingExtensions(
  docker: Docker,
  probe: Docker.Container,
  { container }: GuardedServer,
  major: string,
): Promise<string[]> {
  // Only a server that runs can say what its databases have.
  if ((await inspect(docker, container))?.State.Running !== true) return [];
  const ask = async (sql: string, database?: string) =>
    (await psql(docker, container, sql, { database })).split("\n").filter((line) => line !== "");
  const databases = await ask("SELECT datname FROM pg_catalog.pg_database WHERE datallowconn;");
  const used = await Promise.all(
    databases.map((database) =>
      ask(
        `SELECT extname FROM pg_catalog.pg_extension WHERE extname OPERATOR(pg_catalog.<>) ${literal("plpgsql")};`,
        database,
      ),
    ),
  );
  const missing: string[] = [];
  for (const name of new Set(used.flat())) {
    const places = folders(major).map((folder) => `${folder}/${name}.control`);
    const found = await Promise.all(places.map((path) => isThere(probe, path)));
    if (!found.includes(true)) missing.push(name);
  }
  return missing.sort();
}

/** Whether a container has a file. */
export async function isThere(container: Docker.Container, path: string): Promise<boolean> {
  try {
    await container.infoArchive({ path });
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}
