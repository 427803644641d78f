// The environments of a system as Docker and their states know them.
import type Docker from "dockerode";
import { SHARED_STACK } from "../../infra/settings/define.ts";
import { exec } from "../../provider/containers.ts";
import { labelFilter, labels } from "../docker-client.ts";
import type { Deployment } from "../state/backend.ts";

/** A container, with what the checks ask of it. */
export interface Container {
  id: string;
  name: string;
  /** Environment by its label; undefined where it has none of this system. */
  environment: string | undefined;
  component: string;
  running: boolean;
  /** Address on each network, by the network's id. */
  addresses: Readonly<Record<string, string>>;
  /** Volumes by name, and folders of the host. */
  mounts: string[];
  variables: Readonly<Record<string, string>>;
  ports: { ip: string; port: number }[];
  /** Ports that its image says it listens on. */
  listens: number[];
}

/** An environment. */
export interface Environment {
  name: string;
  containers: Container[];
  networks: { id: string; name: string }[];
  volumes: string[];
  /** Its stack's state; undefined where there is none. */
  deployment: Deployment | undefined;
  /** Published ports that are meant to be reached from elsewhere, as `address:port`. */
  published: string[];
}

/** All containers of the host, those of others as well: they could have been joined to an environment. */
export async function allContainers(docker: Docker, system: string): Promise<Container[]> {
  const listed = await docker.listContainers({ all: true });
  const inspected = listed.map(async ({ Id }) => {
    try {
      return [describe(await docker.getContainer(Id).inspect(), system)];
    } catch (error) {
      // Gone since the list was made.
      if ((error as { statusCode?: number }).statusCode === 404) return [];
      throw error;
    }
  });
  return (await Promise.all(inspected)).flat();
}

function describe(info: Docker.ContainerInspectInfo, system: string): Container {
  const { Config, HostConfig, NetworkSettings, Mounts } = info;
  const own = Config.Labels?.[labels.system] === system;
  const bindings = Object.values(HostConfig.PortBindings ?? {}) as (
    | { HostIp?: string; HostPort?: string }[]
    | null
  )[];
  return {
    id: info.Id,
    name: info.Name.replace(/^\//, ""),
    environment: own ? Config.Labels[labels.environment] : undefined,
    component: own ? (Config.Labels[labels.component] ?? "") : "",
    running: info.State.Running,
    addresses: Object.fromEntries(
      Object.values(NetworkSettings.Networks ?? {}).map(({ NetworkID, IPAddress }) => [NetworkID, IPAddress]),
    ),
    mounts: (Mounts ?? []).map(({ Name, Source }) => Name ?? Source),
    variables: Object.fromEntries(
      (Config.Env ?? []).map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
    ),
    ports: bindings.flatMap((list) =>
      (list ?? []).map(({ HostIp, HostPort }) => ({ ip: HostIp || "0.0.0.0", port: Number(HostPort) })),
    ),
    listens: Object.keys(Config.ExposedPorts ?? {}).map((port) => Number.parseInt(port, 10)),
  };
}

/** Networks and volumes that carry the environment's labels. */
export async function ownedBy(docker: Docker, system: string, name: string) {
  const filters = labelFilter(system, name);
  const [networks, { Volumes }] = await Promise.all([
    docker.listNetworks({ filters }),
    docker.listVolumes({ filters }),
  ]);
  return {
    networks: networks.map(({ Id, Name }) => ({ id: Id, name: Name })),
    volumes: (Volumes ?? []).map(({ Name }) => Name),
  };
}

/** Whether it is a system's stack of servers that several environments use. */
export const isShared = ({ name }: Pick<Environment, "name">) => name === SHARED_STACK;

/** The containers of an environment that run. */
export const runningOf = ({ containers }: Environment) => containers.filter(({ running }) => running);

/** What a container's variables say, those that name a file by its content. Never to be printed. */
export async function secretVariables(docker: Docker, container: Container): Promise<Record<string, string>> {
  const entries = Object.entries(container.variables).map(
    async ([name, value]): Promise<[string, string]> => {
      if (!name.endsWith("_FILE") || !value.startsWith("/run/secrets/")) return [name, value];
      const { exitCode, stdout } = await exec(docker, container.id, ["cat", value]);
      return exitCode === 0 ? [name.slice(0, -"_FILE".length), stdout.trim()] : [name, value];
    },
  );
  return Object.fromEntries(await Promise.all(entries));
}
