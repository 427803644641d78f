// Which images an environment serves, by the setting that names them, and how to name one for good.

import type Docker from "dockerode";
import type { ReleaseDefinition } from "../../../infra/settings/release.ts";
import { types } from "../../../lib/resource-types.ts";
import { isNotFound } from "../../../provider/docker/containers.ts";
import { labels } from "../../engine/docker-client.ts";
import type { Deployment, StateResource } from "../../engine/state/backend.ts";

/** Content address of an image by the setting that names it. */
export type Images = Readonly<Record<string, string>>;

function componentOf({ inputs }: StateResource): string | undefined {
  const list = inputs?.labels;
  if (!Array.isArray(list)) return undefined;
  const entry = (list as { label?: string; value?: string }[]).find(
    ({ label }) => label === labels.component,
  );
  return entry?.value;
}

/** The containers of services in a state; what waits for its deletion doesn't count. */
export function serviceContainers(deployment: Deployment, services: readonly string[]): StateResource[] {
  return (deployment.resources ?? []).filter(
    (resource) =>
      resource.type === types.container &&
      resource.delete !== true &&
      services.includes(componentOf(resource) ?? ""),
  );
}

/** The images that a state serves; a setting whose services run none, or several at once, is left out. */
export function servedImages(deployment: Deployment, definition: ReleaseDefinition): Images {
  return Object.fromEntries(
    Object.entries(definition.images).flatMap(([setting, services]) => {
      const found = serviceContainers(deployment, services ?? []).map(({ outputs }) =>
        String(outputs?.image ?? ""),
      );
      const [first, ...others] = [...new Set(found)];
      return first === undefined || first === "" || others.length > 0 ? [] : [[setting, first]];
    }),
  );
}

/** Whether two environments or versions serve the same. */
export function sameImages(one: Images, other: Images): boolean {
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...keys].every((key) => one[key] === other[key]);
}

/** An image on a Docker host. */
export interface ImageFacts {
  id: string;
  /** Tags that point to it now. */
  tags: string[];
  /** Its digests in registries, as `repository@sha256:…`. */
  digests: string[];
  /** What it says of itself. */
  version?: string;
  commit?: string;
}

/** Looks an image up; undefined where the host doesn't have it. */
export async function imageFacts(docker: Docker, reference: string): Promise<ImageFacts | undefined> {
  try {
    const { Id, RepoTags, RepoDigests, Config } = await docker.getImage(reference).inspect();
    const version = Config?.Labels?.["org.opencontainers.image.version"];
    const commit = Config?.Labels?.["org.opencontainers.image.revision"];
    return {
      id: Id,
      tags: RepoTags ?? [],
      digests: RepoDigests ?? [],
      ...(version === undefined ? {} : { version }),
      ...(commit === undefined ? {} : { commit }),
    };
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** A name that always means this image: its digest in a registry where it has one, else its id. */
export function lastingName({ id, digests }: ImageFacts): string {
  return digests.toSorted()[0] ?? id;
}

/** How people recognise it: a tag where it has one, else the begin of its id. */
export function shownName({ id, tags }: ImageFacts): string {
  return tags[0] ?? id.slice(0, "sha256:".length + 12);
}
