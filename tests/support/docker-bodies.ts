// Hands resources to a Docker daemon of a test's own as the Docker provider and the Tandem provider would.
import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import type { Registered } from "../../components/testing/mocks.ts";
import { containerOptions } from "../../provider/postgres/migrations/container.ts";

const MIB = 1024 * 1024;
/** What depends on the host and not on the form of an argument. */
const OF_THE_HOST = [
  /CPUs is from .* as there are only/i,
  /executable file not found|no such file or directory|is a directory|permission denied/i,
  /unable to find user|no matching entries in passwd|unable to find group/i,
  // A container's first process is larger than the least memory that Docker takes: that shows when it starts.
  /unable to set memory limit|OOM|cannot start a stopped process/i,
  /cannot assign requested address|address already in use|port is already allocated/i,
];

/** What Docker refused that the checks had let through. */
export interface Refusal {
  resource: string;
  reason: string;
}

// biome-ignore lint/suspicious/noExplicitAny: inputs of any resource
type Inputs = any;

const UNITS: Record<string, number> = { ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };

/** Nanoseconds of a duration in Go's form; NaN where it has another one. */
function nanoseconds(duration: string): number {
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(duration)) return Number.NaN;
  const parts = [...duration.matchAll(/([\d.]+)(ms|s|m|h)/g)];
  return Math.round(
    parts.reduce((sum, [, amount, unit = ""]) => sum + Number(amount) * (UNITS[unit] ?? 0), 0),
  );
}

/** A container's body from the inputs of the Docker provider. */
function bodyOf(inputs: Inputs, image: string): Docker.ContainerCreateOptions {
  const { healthcheck: check, ports = [], volumes = [], networksAdvanced = [] } = inputs;
  const named = volumes.filter(({ volumeName }: Inputs) => volumeName !== undefined);
  const key = ({ internal }: Inputs) => `${internal}/tcp`;
  const table = (entries: [string, unknown][]) => Object.fromEntries(entries) as never;
  return {
    name: inputs.name,
    Image: image,
    Cmd: inputs.command,
    Entrypoint: inputs.entrypoints,
    User: inputs.user,
    Env: inputs.envs,
    Labels: table(inputs.labels.map(({ label, value }: Inputs) => [label, value])),
    StopTimeout: inputs.stopTimeout,
    Healthcheck: {
      Test: check.tests,
      Interval: nanoseconds(check.interval),
      Timeout: nanoseconds(check.timeout),
      StartPeriod: nanoseconds(check.startPeriod),
      Retries: check.retries,
    },
    ExposedPorts: table(ports.map((port: Inputs) => [key(port), {}])),
    Volumes: table(
      volumes
        .filter((each: Inputs) => !named.includes(each))
        .map(({ containerPath }: Inputs) => [containerPath, {}]),
    ),
    HostConfig: {
      NetworkMode: networksAdvanced[0]?.name,
      Binds: named.map(
        (each: Inputs) => `${each.volumeName}:${each.containerPath}${each.readOnly ? ":ro" : ""}`,
      ),
      PortBindings: table(
        ports.map((port: Inputs) => [key(port), [{ HostIp: port.ip, HostPort: String(port.external) }]]),
      ),
      Memory: inputs.memory * MIB,
      MemorySwap: inputs.memorySwap * MIB,
      ShmSize: inputs.shmSize === undefined ? undefined : inputs.shmSize * MIB,
      ...(inputs.cpus === undefined
        ? { CpuPeriod: inputs.cpuPeriod, CpuQuota: inputs.cpuQuota }
        : { NanoCpus: Math.round(Number(inputs.cpus) * 1e9) }),
      CapDrop: inputs.capabilities.drops,
      CapAdd: inputs.capabilities.adds,
      SecurityOpt: inputs.securityOpts,
      ReadonlyRootfs: inputs.readOnly,
      Tmpfs: inputs.tmpfs,
      Sysctls: inputs.sysctls,
      Init: inputs.init,
      RestartPolicy: { Name: inputs.restart },
      LogConfig: { Type: inputs.logDriver, Config: inputs.logOpts },
    },
  };
}

/**
 * Removes a container. On a machine that is busy Docker may give up waiting for its end; one that stayed would hold its
 * name, and every later set of that name would be refused.
 */
async function removed(container: Docker.Container): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await container.remove({ force: true, v: true });
      return;
    } catch (error) {
      if ((error as { statusCode?: number }).statusCode === 404) return;
      if (attempt === 20) throw error;
      await sleep(1000);
    }
  }
}

/** Hands sets to one daemon, and takes everything away again. */
export class DockerHands {
  readonly #docker: Docker;
  readonly #image: string;
  readonly #networks = new Map<string, Docker.Network>();
  /** Containers that were made, and started. */
  made = 0;
  started = 0;

  constructor(docker: Docker, image: string) {
    this.#docker = docker;
    this.#image = image;
  }

  /** Makes what a set comes to, starts it where `start` says so, and removes it. */
  async hand(resources: readonly Registered[], start: boolean): Promise<Refusal[]> {
    const refusals: Refusal[] = [];
    // Docker has addresses for 31.
    if (this.#networks.size > 20) await this.#removeNetworks();
    const attempt = async (resource: string, work: () => Promise<unknown>) => {
      try {
        await work();
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        if (!OF_THE_HOST.some((each) => each.test(reason))) refusals.push({ resource, reason });
      }
    };
    for (const { type, name, inputs } of resources) {
      const resource = `${type.split(":").at(-1)} ${name}`.slice(0, 100);
      if (type === "docker:index/network:Network") await attempt(resource, () => this.#network(inputs.name));
      if (type === "docker:index/volume:Volume") {
        await attempt(resource, async () => {
          await this.#docker.createVolume({ Name: inputs.name });
          await this.#docker.getVolume(inputs.name).remove();
        });
      }
      if (type === "docker:index/container:Container") {
        // The engine gives those a name that have no fixed one.
        const body = bodyOf({ ...inputs, name: inputs.name ?? `${name}-1a2b3c4` }, this.#image);
        const pids = resources.find((each) => each.name === `${name}-start`)?.inputs.pids;
        const further = (inputs.networksAdvanced ?? []).slice(1).map((each: Inputs) => String(each.name));
        await attempt(resource, () => this.#container(body, further, start, pids));
      }
      if (type === "tandem:docker:Migration") {
        const body = containerOptions({ ...inputs, imageId: this.#image });
        await attempt(resource, () => this.#container(body, inputs.networks ?? [], start));
      }
      if (type === "tandem:docker:VolumeOwner") {
        const Binds = [`${inputs.volume}:/volume`];
        const body = { Image: this.#image, Cmd: ["true"], HostConfig: { Binds, NetworkMode: "none" } };
        await attempt(resource, () => this.#container(body, [], false));
      }
    }
    return refusals;
  }

  async #network(name: string): Promise<void> {
    if (this.#networks.has(name)) return;
    this.#networks.set(name, await this.#docker.createNetwork({ Name: name, Driver: "bridge" }));
  }

  async #container(
    body: Docker.ContainerCreateOptions,
    further: string[],
    start: boolean,
    pids?: number,
  ): Promise<void> {
    for (const name of [body.HostConfig?.NetworkMode ?? "none", ...further]) {
      if (name !== "none") await this.#network(name);
    }
    const container = await this.#docker.createContainer(body);
    this.made++;
    try {
      for (const name of further) await this.#docker.getNetwork(name).connect({ Container: container.id });
      if (pids !== undefined) await container.update({ PidsLimit: pids });
      if (!start) return;
      await container.start();
      this.started++;
      // Docker's first check comes after an interval.
      if ((body.Healthcheck?.Interval ?? Number.POSITIVE_INFINITY) <= 1e8) await sleep(300);
    } finally {
      await removed(container);
    }
  }

  async #removeNetworks(): Promise<void> {
    for (const network of this.#networks.values()) await network.remove();
    this.#networks.clear();
  }

  /** Removes the networks. @returns containers that are left over */
  async finish(): Promise<string[]> {
    await this.#removeNetworks();
    return (await this.#docker.listContainers({ all: true })).map(({ Names }) => Names.join());
  }
}
