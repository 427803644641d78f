// The containers of an environment as people see them, read through the Docker API by their labels.
import type Docker from "dockerode";
import type { JobState } from "../../lib/jobs/log.ts";
import { jobsOf } from "../../provider/docker/job-runs.ts";
import { standInLabel, standInNoteLabel, standInOfLabel } from "../../setup/images/labels.ts";
import { limitsOf } from "./container-limits.ts";
import { labelFilter, labels } from "./docker-client.ts";

/** A container of an environment. */
export interface Service {
  /** Its part in the environment, such as `app`. */
  component: string;
  /** Name of the container. */
  name: string;
  /** The image's name where it has one, else its id. */
  image: string;
  /** Is the image one that set-up built under an official name? */
  standIn: boolean;
  /** For stand-ins: how it differs from the official image. */
  standInNote?: string;
  /** Version that the image says it holds. */
  version?: string;
  /** Content address of the image. */
  imageId: string;
  /** The image's digest in a registry, as `repository@sha256:…`; absent where it never was in one. */
  digest?: string;
  /** Commit that the image says it was built from. */
  commit?: string;
  /** Most that it may use; 0 where it has no limit. Memory in MiB. */
  limits: { cpus: number; memoryMb: number; pids: number };
  /** `running`, `exited`, `restarting` and so on. */
  state: string;
  /** `healthy`, `unhealthy`, `starting`; absent where there is no health check. */
  health?: string;
  startedAt?: string;
  uptimeSeconds?: number;
  /** Where it listens on the Docker host. */
  ports: string[];
  /** The jobs that it runs at their times, where it is a scheduler. */
  jobs?: JobState[];
}

/** Label by which images tell their version. */
const versionLabel = "org.opencontainers.image.version";
/** Label by which images tell what they were built from. */
const commitLabel = "org.opencontainers.image.revision";

interface KnownImage {
  name: string;
  digest?: string;
  labels: Record<string, string>;
}

async function imagesById(docker: Docker): Promise<Map<string, KnownImage>> {
  const images = await docker.listImages();
  return new Map(
    images.map(({ Id, RepoTags, RepoDigests, Labels }) => {
      const digest = RepoDigests?.find((name) => !name.startsWith("<none>"));
      const name = RepoTags?.[0] ?? RepoDigests?.[0] ?? Id;
      return [Id, { name, labels: Labels ?? {}, ...(digest === undefined ? {} : { digest }) }];
    }),
  );
}

function portsOf(info: Docker.ContainerInfo): string[] {
  const ports = info.Ports.flatMap(({ IP, PublicPort }) =>
    PublicPort === undefined ? [] : [`${IP || "0.0.0.0"}:${PublicPort}`],
  );
  return [...new Set(ports)];
}

async function describe(
  docker: Docker,
  info: Docker.ContainerInfo,
  images: Map<string, KnownImage>,
): Promise<Service> {
  const details = await docker.getContainer(info.Id).inspect();
  const { State } = details;
  const image = images.get(info.ImageID);
  const running = State.Running;
  const version = image?.labels[versionLabel];
  const commit = image?.labels[commitLabel];
  const note = image?.labels[standInNoteLabel];
  // Images built on a stand-in inherit its labels: it counts under the name that it stands for only.
  const standIn = image?.labels[standInLabel] === "true" && image.labels[standInOfLabel] === image.name;
  return {
    component: info.Labels[labels.component] ?? "",
    name: (info.Names[0] ?? info.Id).replace(/^\//, ""),
    image: image?.name ?? info.Image,
    standIn,
    ...(standIn && note !== undefined ? { standInNote: note } : {}),
    ...(version === undefined ? {} : { version }),
    imageId: info.ImageID,
    ...(image?.digest === undefined ? {} : { digest: image.digest }),
    ...(commit === undefined ? {} : { commit }),
    limits: { ...limitsOf(details), pids: Math.max(0, details.HostConfig.PidsLimit ?? 0) },
    state: State.Status,
    ...(State.Health === undefined || State.Health.Status === "none" ? {} : { health: State.Health.Status }),
    ...(running
      ? {
          startedAt: State.StartedAt,
          uptimeSeconds: Math.max(0, Math.round((Date.now() - Date.parse(State.StartedAt)) / 1000)),
        }
      : {}),
    ports: portsOf(info),
    ...(info.Labels[labels.jobsOf] === undefined ? {} : { jobs: await jobsOf(docker, info.Id) }),
  };
}

/** All containers of an environment, also stopped ones, by component. */
export async function listServices(docker: Docker, system: string, environment: string): Promise<Service[]> {
  const [containers, images] = await Promise.all([
    docker.listContainers({ all: true, filters: labelFilter(system, environment) }),
    imagesById(docker),
  ]);
  const services = await Promise.all(
    containers.map(async (info) => {
      try {
        return [await describe(docker, info, images)];
      } catch (error) {
        // Removed since the list was made: a deploy is going on.
        if ((error as { statusCode?: number }).statusCode === 404) return [];
        throw error;
      }
    }),
  );
  return services.flat().sort((a, b) => `${a.component} ${a.name}`.localeCompare(`${b.component} ${b.name}`));
}

/** `up`: all services run and none is unhealthy; `down`: none runs; `degraded`: anything between. */
export type EnvironmentState = "up" | "degraded" | "down";

/** What the state of its services makes of an environment. */
export function stateOf(services: readonly Service[]): EnvironmentState {
  const good = services.filter(({ state, health }) => state === "running" && health !== "unhealthy");
  if (services.every(({ state }) => state !== "running")) return "down";
  return good.length === services.length ? "up" : "degraded";
}
