// What Docker is told of a one-off container: like a service's, or of its own with the same hardening.
import type Docker from "dockerode";

const MIB = 1024 * 1024;
/** What a client such as psql may use: it holds a whole result in memory. */
const CLIENT = { memoryMb: 512, cpus: 1, pids: 64 };
/** User of a client, which needs no name and owns no file but its password's. */
export const CLIENT_USER = 1000;

/** A container as it is to be made. */
export interface OneOffSpec {
  options: Docker.ContainerCreateOptions;
  /** Networks to join besides the first one. */
  networks: string[];
}

/** What differs from the service's container. */
export interface LikeService {
  command: readonly string[];
  /** Program in the place of the image's entry point. @default the service's */
  entrypoint?: string;
  /** All variables. @default the service's */
  environment?: Readonly<Record<string, string>>;
}

/** Set for every one-off container: gone at its end, no log on the host, no health check, no port. */
function alwaysSo(tty: boolean) {
  return {
    config: {
      Tty: tty,
      OpenStdin: true,
      // The command reads the end of its input when this process is gone, however it ended.
      StdinOnce: true,
      ...{ AttachStdin: true, AttachStdout: true, AttachStderr: true },
      Healthcheck: { Test: ["NONE"] },
    },
    host: {
      AutoRemove: true,
      RestartPolicy: { Name: "no" },
      LogConfig: { Type: "none", Config: {} },
      PortBindings: {},
      PublishAllPorts: false,
    },
  };
}

/** Variables for a program that has a terminal. */
const terminalVariables = (tty: boolean) => (tty ? [`TERM=${process.env.TERM ?? "xterm"}`] : []);

/** A container like the service's: image, variables, user, volumes, limits and hardening are taken from that one. */
export function likeService(
  facts: Docker.ContainerInspectInfo,
  { command, entrypoint, environment }: LikeService,
  tty: boolean,
): OneOffSpec {
  const { Config, HostConfig, NetworkSettings } = facts;
  const [first = "none", ...networks] = Object.keys(NetworkSettings.Networks).sort();
  const { config, host } = alwaysSo(tty);
  const own =
    environment === undefined
      ? Config.Env
      : Object.entries(environment).map(([key, value]) => `${key}=${value}`);
  return {
    networks,
    options: {
      Image: facts.Image,
      Cmd: [...command],
      Entrypoint: entrypoint === undefined ? (Config.Entrypoint ?? undefined) : [entrypoint],
      User: Config.User,
      WorkingDir: Config.WorkingDir,
      Env: [...own, ...terminalVariables(tty)],
      Volumes: Config.Volumes ?? {},
      ...config,
      HostConfig: { ...HostConfig, ...host, NetworkMode: first },
    },
  };
}

/** A container for a client of a server, from the server's image. */
export function clientContainer(
  {
    image,
    command,
    environment,
    networks,
  }: {
    image: string;
    command: readonly [string, ...string[]];
    environment: Readonly<Record<string, string>>;
    networks: readonly string[];
  },
  tty: boolean,
): OneOffSpec {
  const [program, ...rest] = command;
  const [first = "bridge", ...others] = networks;
  const { config, host } = alwaysSo(tty);
  return {
    networks: others,
    options: {
      Image: image,
      Entrypoint: [program],
      Cmd: rest,
      User: `${CLIENT_USER}:${CLIENT_USER}`,
      WorkingDir: "/tmp",
      Env: [
        ...Object.entries(environment).map(([key, value]) => `${key}=${value}`),
        "HOME=/tmp",
        ...terminalVariables(tty),
      ],
      ...config,
      HostConfig: {
        ...host,
        NetworkMode: first,
        Memory: CLIENT.memoryMb * MIB,
        MemorySwap: CLIENT.memoryMb * MIB,
        NanoCpus: CLIENT.cpus * 1e9,
        PidsLimit: CLIENT.pids,
        CapDrop: ["ALL"],
        SecurityOpt: ["no-new-privileges:true"],
        ReadonlyRootfs: true,
        Init: true,
        Tmpfs: { "/tmp": "rw,noexec,nosuid,mode=1777,size=64m" },
      },
    },
  };
}
