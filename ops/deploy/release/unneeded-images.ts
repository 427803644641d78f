// Which images of earlier versions nobody needs any more: no container, no setting, and no rollback to one of the last versions.
import type Docker from "dockerode";
import { isNotFound } from "../../../provider/docker/containers.ts";
import { type ImageFacts, imageFacts } from "./images.ts";
import { lastGood, type Version } from "./versions.ts";

/** Images of an environment. */
export interface ServedImages {
  /** The last versions that served well, the serving one among them, and whatever the newest run left. */
  needed: Set<string>;
  /** All that its versions ever served. */
  all: Set<string>;
}

/**
 * What the history says.
 *
 * @param versions oldest first
 * @param keep how many different versions back a rollback may go, the serving one included
 */
export function servedOver(versions: readonly Version[], keep: number): ServedImages {
  const needed = new Set(Object.values(versions.at(-1)?.images ?? {}));
  // What a plain rollback goes back to may be older than those: it leaves out what was rolled back from.
  if (keep > 1) for (const id of Object.values(lastGood(versions)?.images ?? {})) needed.add(id);
  const kept = new Set<string>();
  for (const { kind, result, images = {} } of versions.toReversed()) {
    if (kind !== "update" || result !== "succeeded") continue;
    const ids = Object.values(images);
    if (ids.length === 0) continue;
    kept.add(ids.toSorted().join());
    if (kept.size > keep) break;
    for (const id of ids) needed.add(id);
  }
  return { needed, all: new Set(versions.flatMap(({ images = {} }) => Object.values(images))) };
}

/** An image that can go, or why it stays though no version needs it. */
export interface Judged {
  image: ImageFacts;
  /** Bytes, those that it shares with other images among them. */
  bytes: number;
  stays?: string;
}

/** The repository of a reference, as Docker writes it: what stands before its tag and digest, Docker Hub's names in short. */
export function repositoryOf(reference: string): string {
  const repository = reference.replace(/@.*$/, "").replace(/:[^/:]*$/, "");
  return repository.replace(/^(index\.)?docker\.io\//, "").replace(/^library\/(?=[^/]+$)/, "");
}

/**
 * Asks their host about images: whether they are there, and what else needs them.
 *
 * @param ids images that no version needs
 * @param repositories names that the project gave its images: one that bears another name too is somebody else's as well
 */
export async function judge(
  docker: Docker,
  ids: readonly string[],
  repositories: ReadonlySet<string>,
): Promise<Judged[]> {
  const containers = await docker.listContainers({ all: true });
  const found = await Promise.all(ids.map(async (id) => await imageFacts(docker, id)));
  return await Promise.all(
    found
      .filter((image) => image !== undefined)
      .map(async (image) => {
        const user = containers.find(({ ImageID }) => ImageID === image.id);
        const foreign = namesOf(image).find((name) => !repositories.has(repositoryOf(name)));
        const { Size } = await docker.getImage(image.id).inspect();
        return { image, bytes: Size, ...staysFor(user, foreign) };
      }),
  );
}

function staysFor(user: Docker.ContainerInfo | undefined, foreign: string | undefined): { stays?: string } {
  if (user !== undefined) return { stays: `${user.Names[0]?.slice(1) ?? user.Id} is made of it` };
  return foreign === undefined ? {} : { stays: `it is ${foreign} too, which no setting here names` };
}

/** All that Docker knows it by, besides its id. */
const namesOf = ({ tags, digests }: ImageFacts) => [...tags, ...digests];

/** Removes one, name by name: never by force, so that Docker refuses what has got a container meanwhile. */
export async function removeImage(docker: Docker, image: ImageFacts): Promise<void> {
  const names = namesOf(image);
  for (const name of names.length > 0 ? names : [image.id]) {
    try {
      await docker.getImage(name).remove();
    } catch (error) {
      // With its last tag of a repository, an image loses that repository's digests.
      if (!isNotFound(error)) throw error;
    }
  }
}
