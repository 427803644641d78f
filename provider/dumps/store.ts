// Restore points of a service that dumps itself: kept in a volume of their own, which the service doesn't have. They are written and
// read through a container that is never started, so they need no program in any image. Nothing can be deleted that way: each has
// its slot, which becomes empty when it isn't needed any more.
import { createHash } from "node:crypto";
import { PassThrough, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type Docker from "dockerode";
import { extract, type Pack, pack } from "tar-stream";
import { getFile, isNotFound, TRANSIENT } from "../docker/containers.ts";

/** A restore point. */
export interface ServicePoint {
  /** `20261130-090258-before-update`: when, in UTC, and why. */
  name: string;
  /** When it was made (ISO 8601). */
  createdAt: string;
  /** Content address of the image that the service ran. */
  image: string;
  /** Size, compressed. Bytes. */
  bytes: number;
  /** Hash of what is compressed. */
  sha256: string;
  /** Number of files that it is cut into. */
  parts: number;
}

/** A restore point and where it lies. */
export interface KeptPoint extends ServicePoint {
  slot: number;
}

const PLACE = "/dumps";
/** Docker's archives tell the size of a file before its content: a dump is cut into files that fit the memory. Bytes. */
const PART = 4 * 2 ** 20;
const partName = (slot: number, part: number) => `slot-${slot}/part-${String(part).padStart(6, "0")}`;
const factsName = (slot: number) => `slot-${slot}/facts.json`;

/** The volume of a service's restore points, reached through a container of any image that the host has. */
export class PointStore {
  private readonly docker: Docker;
  private readonly container: Docker.Container;

  private constructor(docker: Docker, container: Docker.Container) {
    this.docker = docker;
    this.container = container;
  }

  /**
   * Opens the store for as long as `work` takes.
   *
   * @param alone whether nobody else may open it so meanwhile, from any machine: two that write would take the same slot
   * @throws where somebody else has it alone
   */
  static async with<T>(
    docker: Docker,
    { volume, image, alone = false }: { volume: string; image: string; alone?: boolean },
    work: (store: PointStore) => Promise<T>,
  ): Promise<T> {
    const { Labels } = await docker.getVolume(volume).inspect();
    // A name that only one container may have is a lock that ends with it.
    const name = `${volume}.open`;
    const making = docker.createContainer({
      ...(alone && { name }),
      Image: image,
      Cmd: ["never"],
      Labels: { ...Labels, [TRANSIENT]: "true" },
      HostConfig: { Binds: [`${volume}:${PLACE}`], NetworkMode: "none", CapDrop: ["ALL"] },
    });
    const container = await making.catch((error: Error & { statusCode?: number }) => {
      if (!alone || error.statusCode !== 409) throw error;
      throw new Error(
        `another run dumps or restores by the volume ${volume}: wait for its end; where that was killed, \`docker rm ${name}\``,
      );
    });
    try {
      return await work(new PointStore(docker, container));
    } finally {
      await container.remove({ force: true, v: true });
    }
  }

  /** All restore points, newest first. */
  async list(): Promise<KeptPoint[]> {
    const found: KeptPoint[] = [];
    for (let slot = 1; ; slot++) {
      const text = await getFile(this.docker, this.container.id, `${PLACE}/${factsName(slot)}`);
      if (text === undefined) break;
      const facts = factsOf(text);
      if (facts !== undefined) found.push({ ...facts, slot });
    }
    return found.sort((one, other) => other.createdAt.localeCompare(one.createdAt));
  }

  /**
   * Keeps a dump, and of the others the newest.
   *
   * @param keep number of restore points that are kept, with this one
   * @param dump writes what is compressed already; it fails where the dump does
   * @throws what `dump` throws, or Docker where there is no room; the restore points before are as they were then
   */
  async add(
    about: Omit<ServicePoint, "bytes" | "sha256" | "parts">,
    keep: number,
    dump: (into: PassThrough) => Promise<void>,
  ): Promise<ServicePoint> {
    const before = await this.list();
    const slot = freeSlot(before);
    await this.empty(slot, await this.partsIn(slot));
    const hash = createHash("sha256");
    const facts = { bytes: 0, parts: 0 };
    let point: ServicePoint | undefined;
    try {
      await this.write(async (archive) => {
        const source = new PassThrough();
        const dumping = dump(source).catch((error: Error) => source.destroy(error));
        for await (const part of partsOf(source)) {
          hash.update(part);
          facts.bytes += part.length;
          facts.parts += 1;
          await entry(archive, partName(slot, facts.parts), part);
        }
        await dumping;
        point = { ...about, ...facts, sha256: hash.digest("hex") };
        // Last: what has no facts beside it is no restore point.
        await entry(archive, factsName(slot), Buffer.from(JSON.stringify(point)));
      });
    } catch (error) {
      // The room is needed, and half a dump helps nobody.
      await this.empty(slot, facts.parts + 1).catch(() => undefined);
      throw error;
    }
    for (const old of before.slice(keep - 1)) await this.empty(old.slot, old.parts);
    return point as ServicePoint;
  }

  /**
   * The dump of a restore point, compressed.
   *
   * @throws by its end where it is damaged
   */
  async *read({ name, slot, parts, sha256 }: KeptPoint): AsyncGenerator<Buffer> {
    const hash = createHash("sha256");
    for (let part = 1; part <= parts; part++) {
      const content = await this.file(partName(slot, part));
      hash.update(content);
      yield content;
    }
    if (hash.digest("hex") !== sha256)
      throw new Error(`restore point ${name} is damaged: its hash is not ${sha256}`);
  }

  private async file(name: string): Promise<Buffer> {
    const archive = (await this.container.getArchive({ path: `${PLACE}/${name}` })) as Readable;
    const parts: Buffer[] = [];
    for await (const file of archive.pipe(extract()))
      for await (const bytes of file) parts.push(bytes as Buffer);
    return Buffer.concat(parts);
  }

  /** Number of files in a slot, also of a dump that was cut off. */
  private async partsIn(slot: number): Promise<number> {
    let archive: Readable;
    try {
      archive = (await this.container.getArchive({ path: `${PLACE}/slot-${slot}` })) as Readable;
    } catch (error) {
      if (isNotFound(error)) return 0;
      throw error;
    }
    let parts = 0;
    for await (const file of archive.pipe(extract())) {
      if (/part-\d+$/.test(file.header.name)) parts++;
      file.resume();
    }
    return parts;
  }

  private async empty(slot: number, parts: number): Promise<void> {
    await this.write(async (archive) => {
      await entry(archive, factsName(slot), Buffer.alloc(0));
      for (let part = 1; part <= parts; part++) await entry(archive, partName(slot, part), Buffer.alloc(0));
    });
  }

  private async write(fill: (archive: Pack) => Promise<void>): Promise<void> {
    const archive = pack();
    const body = new PassThrough();
    // Else the other end would wait for the rest for ever.
    const giveUp = (error: Error) => {
      archive.destroy(error);
      body.destroy(error);
      throw error;
    };
    const sending = this.container.putArchive(body, { path: PLACE }).catch(giveUp);
    const packing = pipeline(archive, body);
    const filling = fill(archive).then(() => archive.finalize(), giveUp);
    const ends = await Promise.allSettled([sending, filling, packing]);
    const reasons = ends.flatMap((end) => (end.status === "rejected" ? [end.reason as Error] : []));
    // What Docker or the dump said, and not what that did to the other end.
    const reason = reasons.find(({ message }) => !/premature close|closed|destroyed|aborted/i.test(message));
    if (reasons.length > 0) throw reason ?? reasons[0];
  }
}

/** The slot of the next one: never that of one which is there, so that a dump that fails takes none along. */
export function freeSlot(points: readonly Pick<KeptPoint, "slot">[]): number {
  const taken = new Set(points.map(({ slot }) => slot));
  let slot = 1;
  while (taken.has(slot)) slot++;
  return slot;
}

/** What a slot holds; undefined where it is empty, or a host that went down left half a text there. */
function factsOf(text: string): ServicePoint | undefined {
  try {
    return JSON.parse(text) as ServicePoint;
  } catch {
    return undefined;
  }
}

async function entry(archive: Pack, name: string, content: Buffer): Promise<void> {
  const file = archive.entry({ name, size: content.length, mode: 0o600 });
  await pipeline(Readable.from(content.length === 0 ? [] : [content]), file);
}

/** A stream in pieces of one size, the last one shorter. */
async function* partsOf(source: Readable): AsyncGenerator<Buffer> {
  let held: Buffer[] = [];
  let length = 0;
  for await (const bytes of source) {
    held.push(bytes as Buffer);
    length += (bytes as Buffer).length;
    if (length < PART) continue;
    const all = Buffer.concat(held);
    yield all;
    held = [];
    length = 0;
  }
  if (length > 0) yield Buffer.concat(held);
}
