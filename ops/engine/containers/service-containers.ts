// The containers of one service of an environment, and which of them a command on the service means.
import type Docker from "dockerode";
import { closest } from "../../../infra/settings/closest.ts";
import { TRANSIENT } from "../../../provider/docker/containers.ts";
import { labelFilter, labels } from "../docker-client.ts";
import { UserError } from "../errors.ts";
import type { Project } from "../project.ts";
import { upCommand } from "../systems.ts";

/** A container of a service, as a list has it. */
export type Listed = Pick<Docker.ContainerInfo, "Id" | "Names" | "State" | "Status" | "Created" | "Labels">;

/** Name of a container in a list. */
export const nameOf = ({ Names, Id }: Listed): string => (Names[0] ?? Id).replace(/^\//, "");

/** The name without what the engine adds to it: containers of one replica, before and after a deploy, have it in common. */
const replicaOf = (container: Listed) => nameOf(container).replace(/-[0-9a-f]{7}$/, "");

/** Running and healthy ones first, then by replica, and of one replica the newest. */
export function inOrder<T extends Listed>(containers: readonly T[]): T[] {
  const rank = ({ State, Status }: Listed) => (State !== "running" ? 2 : /\(healthy\)/.test(Status) ? 0 : 1);
  return containers.toSorted(
    (a, b) =>
      rank(a) - rank(b) ||
      replicaOf(a).localeCompare(replicaOf(b), "en", { numeric: true }) ||
      b.Created - a.Created,
  );
}

/**
 * Is it one of the service's own? A migration has the service's label too, and the owner's login: a command on the service
 * doesn't mean it. Nor a job of the same name, nor what is made to be read from and never started.
 */
export function isOwn(container: Listed, service: string): boolean {
  const { Labels } = container;
  if (Labels[labels.component] !== service || TRANSIENT in Labels || labels.migration in Labels) return false;
  return !nameOf(container).endsWith(`_${service}_migration`);
}

/** Services that containers are of, sorted. */
export function componentsOf(containers: readonly Pick<Docker.ContainerInfo, "Labels">[]): string[] {
  return [...new Set(containers.flatMap(({ Labels }) => Labels[labels.component] ?? []))].sort();
}

/** The error for a service that an environment has no container of, with those that it has. */
export function unknownService(
  project: Project,
  stack: string,
  service: string,
  known: readonly string[],
): UserError {
  if (known.length === 0) {
    return new UserError(
      `${stack} is not up: it has no containers`,
      `run \`${upCommand(project, stack)}\` first`,
    );
  }
  const near = closest(service, known);
  return new UserError(
    `${stack} has no service "${service}"`,
    `${near === undefined ? "" : `did you mean ${near}? `}services that it has: ${known.join(", ")}`,
  );
}

/**
 * The containers of a service, the one to work with first.
 *
 * @throws UserError when the environment isn't up or has no such service: with those that it has.
 */
export async function serviceContainers(
  docker: Docker,
  project: Project,
  stack: string,
  service: string,
): Promise<Docker.ContainerInfo[]> {
  const all = await docker.listContainers({ all: true, filters: labelFilter(project.name, stack) });
  const own = all.filter((container) => isOwn(container, service));
  if (own.length === 0) throw unknownService(project, stack, service, componentsOf(all));
  return inOrder(own);
}
