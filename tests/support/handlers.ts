// Calls to the tandem provider's handlers, and hardened containers for them to work on.

import type { CallContext } from "../../plugin/handler.ts";
import { DockerHost } from "../../provider/docker/docker-host.ts";
import { docker, uniqueName } from "./docker.ts";

/** A call's context that keeps what the handler logged. */
export interface Recorded extends CallContext<DockerHost> {
  lines: string[];
}

/** A context for one call. */
export function context(): Recorded {
  const lines: string[] = [];
  return {
    client: new DockerHost(undefined),
    urn: "urn:test",
    name: "test",
    type: "test",
    signal: new AbortController().signal,
    timeoutSeconds: 0,
    clean: (text) => text,
    log: (_severity, message) => lines.push(message),
    status: () => undefined,
    lines,
  };
}

/** What a container of a test is made of. */
export interface ContainerSpec {
  image: string;
  user: string;
  command: string[];
  health?: string[];
  volumes?: string[];
  /** Ports published on loopback, by the one inside. */
  /** Further variables, `NAME=value`. */
  env?: string[];
  ports?: Record<number, number>;
  /** Limit of its memory. @default none */
  memoryMb?: number;
}

/** Makes hardened containers on a network as the Docker provider does: created and not started. */
export function createdContainer(network: string, labels: Record<string, string>) {
  return async (spec: ContainerSpec) => {
    const ports = Object.entries(spec.ports ?? {});
    const memory = (spec.memoryMb ?? 0) * 2 ** 20;
    const container = await docker.createContainer({
      name: `${network}-${uniqueName("c")}`,
      Image: spec.image,
      Cmd: spec.command,
      User: spec.user,
      Labels: labels,
      Healthcheck: spec.health === undefined ? undefined : { Test: ["CMD", ...spec.health] },
      Volumes: Object.fromEntries((spec.volumes ?? []).map((path) => [path, {}])),
      Env: ["POSTGRES_PASSWORD_FILE=/run/secrets/pw", "API_TOKEN=canary-in-environment", ...(spec.env ?? [])],
      ExposedPorts: Object.fromEntries(ports.map(([inside]) => [`${inside}/tcp`, {}])),
      HostConfig: {
        NetworkMode: network,
        Memory: memory,
        MemorySwap: memory,
        Init: true,
        ReadonlyRootfs: true,
        CapDrop: ["ALL"],
        CapAdd: ["NET_BIND_SERVICE"],
        SecurityOpt: ["no-new-privileges:true"],
        Tmpfs: { "/tmp": "", "/var/run/postgresql": "mode=1777" },
        PortBindings: Object.fromEntries(
          ports.map(([inside, host]) => [`${inside}/tcp`, [{ HostIp: "127.0.0.1", HostPort: String(host) }]]),
        ),
      },
    });
    const { Name } = await container.inspect();
    return { containerId: container.id, containerName: Name.slice(1) };
  };
}
