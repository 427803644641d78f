// The environments of a system as Docker and their states know them.
import type Docker from "dockerode";
import { SHARED_STACK } from "../../../infra/settings/define.ts";
import { getFile } from "../../../provider/docker/containers.ts";
import { oneOffOf } from "../../engine/containers/one-off-labels.ts";
import { labelFilter, labels } from "../../engine/docker-client.ts";
import type { Deployment } from "../../engine/state/backend.ts";

/** A container, with what the checks ask of it. */
export interface Container {
  id: string;
  name: string;
  /** Environment by its label; undefined where it has none of this system. */
  environment: string | undefined;
  component: string;
  running: boolean;
  /** Address on each network, by the network's id; empty while it doesn't run. */
  addresses: Readonly<Record<string, string>>;
  /** Its IPv6 addresses. */
  addresses6: string[];
  /** Volumes by name, and folders of the host. */
  mounts: string[];
  variables: Readonly<Record<string, string>>;
  ports: PublishedPort[];
  /** Ports that its image says it listens on. */
  listens: Port[];
  rights: Rights;
}

/** A port of a container. */
export interface Port {
  port: number;
  protocol: "tcp" | "udp";
}

/** A port of the Docker host that leads to a container. */
export interface PublishedPort extends Port {
  ip: string;
}

/** What a container may do beyond the usual, in Docker's words. */
export interface Rights {
  privileged: boolean;
  capabilities: string[];
  /** Namespaces that it shares, as `network: host` or `pid: container:<id>`. */
  shared: string[];
  devices: string[];
  /** Protections that are switched off. */
  securityOptions: string[];
  /** Folders and files of the host that it mounts. */
  hostPaths: string[];
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
  const { Config, NetworkSettings, Mounts } = info;
  const own = Config.Labels?.[labels.system] === system;
  // It has the environment's secrets and networks for as long as it runs.
  const oneOff = oneOffOf(Config.Labels);
  return {
    id: info.Id,
    name: info.Name.replace(/^\//, ""),
    environment: own
      ? Config.Labels[labels.environment]
      : oneOff?.system === system
        ? oneOff.environment
        : undefined,
    component: own ? (Config.Labels[labels.component] ?? "") : "",
    running: info.State.Running,
    addresses: Object.fromEntries(
      Object.values(NetworkSettings.Networks ?? {}).map(({ NetworkID, IPAddress }) => [NetworkID, IPAddress]),
    ),
    addresses6: Object.values(NetworkSettings.Networks ?? {})
      .map(({ GlobalIPv6Address }) => GlobalIPv6Address ?? "")
      .filter((address) => address !== ""),
    mounts: (Mounts ?? []).map(({ Name, Source }) => Name ?? Source),
    variables: Object.fromEntries(
      (Config.Env ?? []).map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
    ),
    ports: publishedPorts(info),
    listens: Object.keys(Config.ExposedPorts ?? {}).map(portOf),
    rights: rightsOf(info),
  };
}

const portOf = (text: string): Port => {
  const [port = "", protocol] = text.split("/");
  return { port: Number.parseInt(port, 10), protocol: protocol === "udp" ? "udp" : "tcp" };
};

type Bindings = Record<string, { HostIp?: string; HostPort?: string }[] | null>;

/** What is published now, ports that Docker chose among it; what is to be published, where the container doesn't run. */
function publishedPorts({
  HostConfig,
  NetworkSettings,
  State,
}: Docker.ContainerInspectInfo): PublishedPort[] {
  const bindings = (State.Running ? NetworkSettings.Ports : HostConfig.PortBindings) as Bindings | undefined;
  return Object.entries(bindings ?? {}).flatMap(([inside, list]) =>
    (list ?? []).map(({ HostIp, HostPort }) => ({
      ip: HostIp || "0.0.0.0",
      port: Number(HostPort),
      protocol: portOf(inside).protocol,
    })),
  );
}

function rightsOf({ HostConfig, Mounts }: Docker.ContainerInspectInfo): Rights {
  const { NetworkMode, PidMode, IpcMode, UTSMode, UsernsMode } = HostConfig;
  const modes = { network: NetworkMode, pid: PidMode, ipc: IpcMode, uts: UTSMode, users: UsernsMode };
  return {
    privileged: HostConfig.Privileged === true,
    capabilities: (HostConfig.CapAdd ?? []).map((name: string) => name.replace(/^CAP_/i, "").toUpperCase()),
    shared: Object.entries(modes)
      .filter(([, mode]) => /^(host$|container:)/.test(mode ?? ""))
      .map(([kind, mode]) => `${kind}: ${mode}`),
    devices: (HostConfig.Devices ?? []).map(({ PathOnHost }: { PathOnHost: string }) => PathOnHost),
    securityOptions: (HostConfig.SecurityOpt ?? []) as string[],
    hostPaths: (Mounts ?? []).filter(({ Type }) => Type === "bind").map(({ Source }) => Source),
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
      const content = await getFile(docker, container.id, value);
      return content === undefined ? [name, value] : [name.slice(0, -"_FILE".length), content.trim()];
    },
  );
  return Object.fromEntries(await Promise.all(entries));
}
