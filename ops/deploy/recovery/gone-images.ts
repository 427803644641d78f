// After a failed run: images that it had looked up and that are not on the host any more. What the engine says of one is
// "unable to pull image sha256:…", since an id can't be pulled.

import { types } from "../../../lib/resource-types.ts";
import { found, withDocker } from "../../engine/docker-client.ts";
import type { Deployment } from "../../engine/state/backend.ts";

/** An image as the run found it. */
export interface LookedUp {
  reference: string;
  imageId: string;
}

/** The images that a state says were looked up. */
export function lookedUpImages(deployment: Deployment | undefined): LookedUp[] {
  return (deployment?.resources ?? []).flatMap(({ type, outputs }) => {
    const { reference, imageId } = outputs ?? {};
    if (type !== types.image || typeof reference !== "string" || typeof imageId !== "string") return [];
    return [{ reference, imageId }];
  });
}

/**
 * Those that are not on the host, in words for the user.
 *
 * @param host as `withDocker` takes it
 */
export async function goneImages(host: string | undefined, images: readonly LookedUp[]): Promise<string[]> {
  return await withDocker(host, async (docker) => {
    const told = images.map(async ({ reference, imageId }) => {
      if ((await found(docker.getImage(imageId).inspect())) !== undefined) return [];
      const now = (await found(docker.getImage(reference).inspect()))?.Id;
      const since =
        now === undefined || now === imageId
          ? "it was removed meanwhile"
          : `it was built or pulled anew meanwhile, and is ${now.slice(0, 19)} now`;
      return [`${reference} was ${imageId.slice(0, 19)} when this run looked it up; ${since}`];
    });
    return [...new Set((await Promise.all(told)).flat())];
  });
}
