// One hardened container: what every server and service of an environment has in common.
import { Container } from "@pulumi/docker/container.js";
import type * as pulumi from "@pulumi/pulumi";
import { goDuration, providerCpus } from "../lib/docker/read-back.ts";
import { ContainerStart } from "../provider/sdk.ts";
import { ArgumentChecks } from "./argument-checks.ts";
import { type CheckedSpec, checkedInput, checkedSpec } from "./checked-inputs.ts";
import type { Environment } from "./environment.ts";

/** Most that a container may use. */
export interface Limits {
  /** CPUs, for example 0.5. */
  cpus: pulumi.Input<number>;
  /** Memory in MiB; swap is off. */
  memoryMb: pulumi.Input<number>;
  /** Processes and threads. */
  pids: pulumi.Input<number>;
}

/** How Docker finds out whether a container works. */
export interface HealthCheck {
  /** Command inside the container; exit code 0 is healthy. */
  command: pulumi.Input<pulumi.Input<string>[]>;
  /** Seconds between Docker's checks; at a start the command is tried several times a second besides. @default 10 */
  intervalSeconds?: pulumi.Input<number>;
  /** Seconds that one check may take. @default 5 */
  timeoutSeconds?: pulumi.Input<number>;
  /** Failures in a row until it counts as unhealthy. @default 3 */
  retries?: pulumi.Input<number>;
  /** Seconds in which failures don't count yet. @default 30 */
  startPeriodSeconds?: pulumi.Input<number>;
}

/** A volume in a container. */
export interface VolumeMount {
  /** Name of the volume. */
  volume: pulumi.Input<string>;
  /** Absolute path in the container. */
  path: string;
  /** May the container only read it? @default false */
  readOnly?: boolean;
}

export interface ContainerSpec {
  /** Role in the environment, for example `postgres`; it is the label `tandem.component`. */
  role: string;
  /** What messages call it. @default `Container '<name>'` */
  component?: string;
  /** Fixed name, for what holds data or a port; otherwise the engine adds a suffix, so that two can run side by side. */
  fixedName?: string;
  /** Image id. */
  image: pulumi.Input<string>;
  command?: pulumi.Input<pulumi.Input<string>[]>;
  /** Entry point. @default the image's */
  entrypoint?: string[];
  /** User inside the container. */
  user?: pulumi.Input<string>;
  environment?: Record<string, pulumi.Input<string>>;
  /** Files by absolute path under /run/secrets or a mounted volume; kept out of `docker inspect`. */
  files?: Record<string, pulumi.Input<string>>;
  /** Changes when the content of `files` does: files alone would not replace the container. */
  filesVersion?: pulumi.Input<string>;
  volumes?: VolumeMount[];
  ports?: { bindAddress: string; hostPort: number; containerPort: number }[];
  /** Writable places in memory besides /tmp: path to mount options. */
  tmpfs?: Record<string, string>;
  /** Further names on the environment's own network. @default none */
  aliases?: string[];
  /** Networks to join besides the environment's own. @default none */
  networks?: pulumi.Input<string>[];
  /** Capabilities to keep. @default none */
  capabilities?: string[];
  /** Keep the root file system writable. @default false */
  writableRoot?: boolean;
  /** Most that each of its containers may use. */
  limits: pulumi.Input<Limits>;
  health: pulumi.Input<HealthCheck>;
  /** Seconds until the health check must have passed. */
  healthTimeoutSeconds: pulumi.Input<number>;
  /** Seconds between the stop signal and the kill. */
  stopGraceSeconds: pulumi.Input<number>;
  /** Seconds for which it is watched at a start while one of an earlier version still runs. @default 0 */
  watchSeconds?: pulumi.Input<number>;
  /** Shared memory in MiB. @default Docker's 64 */
  shmMb?: pulumi.Input<number>;
  dependsOn?: pulumi.Input<pulumi.Input<pulumi.Resource>[]>;
}

/** What `runContainer` made. */
export interface RunningContainer {
  container: Container;
  started: ContainerStart;
}

/** Where secret files lie; an anonymous volume, since a read-only root takes no upload and Docker can't fill a tmpfs. */
export const SECRETS_DIR = "/run/secrets";
/** What the engine adds to the name of a container that has no fixed one: `-` and seven digits. */
export const AUTONAME_LENGTH = 8;
/** Docker's own period of CPU accounting, in microseconds. */
const CPU_PERIOD = 100_000;

/**
 * Creates a container, hardened after the CIS Docker Benchmark (non-root user as the image or `user` says, 5.4 no
 * capabilities, 5.11 memory, 5.12 CPU, 5.13 read-only root, 5.26 no new privileges, 5.29 pids), then starts it and
 * waits for its health.
 */
export function runContainer(
  parent: pulumi.ComponentResource,
  env: Environment,
  name: string,
  { component = `Container '${name}'`, ...given }: ContainerSpec,
): RunningContainer {
  rejectBadSpec(name, given);
  const spec = checkedSpec(component, given);
  const container = new Container(name, containerArgs(env, component, spec), {
    parent,
    dependsOn: spec.dependsOn,
    // The Docker provider would delete first. A stateless container is replaced by one that runs beside it; one with
    // a fixed name, a port or a volume can't be.
    deleteBeforeReplace: spec.fixedName !== undefined,
    // To the provider these are updates that do nothing.
    replaceOnChanges: ["healthcheck", "init", "tmpfs"],
    // A start that is slow to pull must not be cut off; the health gate has its own limit.
    customTimeouts: { create: "15m" },
  });
  const started = new ContainerStart(
    `${name}-start`,
    {
      containerId: container.id,
      containerName: container.name,
      pids: spec.limits.pids,
      // One with a fixed name has no other beside it to take over: its limits change while it runs.
      cpus: spec.fixedName === undefined ? undefined : spec.limits.cpus,
      watchSeconds: spec.watchSeconds,
      healthTimeoutSeconds: spec.healthTimeoutSeconds,
      files: spec.files,
    },
    { parent },
  );
  return { container, started };
}

/** What a component works out of its arguments is looked at as well. */
function rejectBadSpec(name: string, spec: ContainerSpec): void {
  const checks = new ArgumentChecks("Container", name);
  // An image id is the provider's answer, and no argument.
  const mounted = [...Object.keys(spec.tmpfs ?? {}), ...(needsSecrets(spec) ? [SECRETS_DIR] : [])];
  checks.container({ ...spec, image: undefined, mounted }).health(spec.health);
  if (spec.fixedName === undefined) checks.name(name, AUTONAME_LENGTH);
  else checks.name(spec.fixedName);
  for (const alias of spec.aliases ?? []) checks.name(alias);
  checks.done();
}

function containerArgs(
  env: Environment,
  component: string,
  spec: CheckedSpec,
): ConstructorParameters<typeof Container>[1] {
  const labels: Record<string, pulumi.Input<string>> = env.labels(spec.role);
  const filesVersion = spec.filesVersion === undefined ? {} : { "tandem.files": spec.filesVersion };
  return {
    name: spec.fixedName,
    image: spec.image,
    command: spec.command && checkedInput(component, spec.command, (command) => ({ command })),
    entrypoints: spec.entrypoint,
    user: spec.user,
    envs: spec.environment === undefined ? undefined : environmentList(component, spec.environment),
    labels: Object.entries({ ...labels, ...filesVersion }).map(([label, value]) => ({ label, value })),
    networksAdvanced: [
      { name: env.network, aliases: spec.aliases },
      ...(spec.networks ?? []).map((network) => ({
        name: checkedInput(component, network, (known) => ({ networks: [known] })),
      })),
    ],
    // A container in several networks must be no way from one to another.
    sysctls: spec.networks === undefined ? undefined : { "net.ipv4.ip_forward": "0" },
    volumes: volumeArgs(component, spec),
    ports: spec.ports?.map((port) => ({
      ip: port.bindAddress,
      external: port.hostPort,
      internal: port.containerPort,
    })),
    healthcheck: spec.health.apply(healthArgs),
    tmpfs: { "/tmp": "rw,noexec,nosuid,size=64m", ...spec.tmpfs },
    readOnly: !(spec.writableRoot ?? false),
    capabilities: { drops: ["ALL"], adds: spec.capabilities?.map((capability) => `CAP_${capability}`) },
    securityOpts: ["no-new-privileges:true"],
    init: true,
    // ContainerStart starts it, after its files and its pid limit are in place.
    start: false,
    mustRun: false,
    // After a daemon that was killed, "unless-stopped" takes each container for one that was stopped on purpose.
    restart: "always",
    ...cpuArgs(spec),
    memory: spec.limits.memoryMb,
    memorySwap: spec.limits.memoryMb,
    shmSize: spec.shmMb,
    logDriver: "json-file",
    logOpts: env.logOptions,
    stopTimeout: spec.stopGraceSeconds,
    destroyGraceSeconds: spec.stopGraceSeconds,
  };
}

/** `NAME=value` lines in a fixed order; secret as a whole if one value is. */
function environmentList(
  component: string,
  environment: Record<string, pulumi.Input<string>>,
): pulumi.Output<string[]> {
  return checkedInput(component, environment, (known) => ({ environment: known })).apply((values) =>
    Object.entries(values)
      .map(([key, value]) => `${key}=${value}`)
      .sort(),
  );
}

function needsSecrets({ files = {} }: ContainerSpec): boolean {
  return Object.keys(files).some((path) => path.startsWith(`${SECRETS_DIR}/`));
}

function volumeArgs(component: string, spec: ContainerSpec) {
  const named = (spec.volumes ?? []).map((mount) => ({
    volumeName: checkedInput(component, mount.volume, (volume) => ({
      volumes: [{ volume, path: mount.path }],
    })),
    containerPath: mount.path,
    readOnly: mount.readOnly,
  }));
  return needsSecrets(spec) ? [...named, { containerPath: SECRETS_DIR }] : named;
}

function healthArgs(health: pulumi.Unwrap<HealthCheck>) {
  return {
    tests: ["CMD", ...health.command],
    interval: goDuration(health.intervalSeconds ?? 10),
    timeout: goDuration(health.timeoutSeconds ?? 5),
    startPeriod: goDuration(health.startPeriodSeconds ?? 30),
    retries: health.retries ?? 3,
  };
}

/**
 * CPUs as the Docker provider takes them. A change of `cpus` is a new container; a change of the quota is an update that
 * does nothing, so that ContainerStart can do it.
 */
function cpuArgs({ fixedName, limits: { cpus } }: CheckedSpec) {
  return fixedName === undefined
    ? { cpus: cpus.apply(providerCpus) }
    : { cpuPeriod: CPU_PERIOD, cpuQuota: cpus.apply((share) => Math.round(share * CPU_PERIOD)) };
}
