// What the Docker provider is told of a hardened container.
import type { Container } from "@pulumi/docker/container.js";
import type * as pulumi from "@pulumi/pulumi";
import { goDuration, providerCpus } from "../lib/docker/read-back.ts";
import { temporaryMounts, uploadFolders } from "../lib/docker/writable.ts";
import { type CheckedSpec, checkedInput } from "./checked-inputs.ts";
import type { ContainerSpec } from "./container.ts";
import type { Environment } from "./environment.ts";
import { type HealthCheck, healthTest, PROBE_DIR } from "./health-check.ts";
import { openedLabel } from "./image-options.ts";

/** Docker's own period of CPU accounting, in microseconds. */
const CPU_PERIOD = 100_000;

/** What the Docker provider is told of a container. */
export function containerArgs(
  env: Environment,
  component: string,
  spec: CheckedSpec,
): ConstructorParameters<typeof Container>[1] {
  const labels = { ...env.labels(spec.role), ...spec.labels, ...openedLabel(spec, spec.user, spec.opened) };
  const filesVersion = spec.filesVersion === undefined ? {} : { "tandem.files": spec.filesVersion };
  return {
    name: spec.fixedName,
    image: spec.image,
    command: spec.command && checkedInput(component, spec.command, (command) => ({ command })),
    user: spec.user,
    ...optionArgs(spec),
    envs: environmentList(component, spec),
    labels: Object.entries({ ...labels, ...filesVersion }).map(([label, value]) => ({ label, value })),
    networksAdvanced: [
      { name: env.network, aliases: spec.aliases },
      ...(spec.networks ?? []).map((network) => ({
        name: checkedInput(component, network, (known) => ({ networks: [known] })),
      })),
    ],
    sysctls: sysctlArgs(spec),
    volumes: volumeArgs(component, spec),
    ports: spec.ports?.map((port) => ({
      ip: port.bindAddress,
      external: port.hostPort,
      internal: port.containerPort,
      protocol: port.protocol,
    })),
    healthcheck: spec.health.apply(healthArgs),
    tmpfs: { ...temporaryMounts(spec.temporary), ...spec.tmpfs },
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
    logDriver: "json-file",
    logOpts: env.logOptions,
    stopTimeout: spec.stopGraceSeconds,
    destroyGraceSeconds: spec.stopGraceSeconds,
  };
}

/** `NAME=value` lines in a fixed order; secret as a whole if one value is. */
function environmentList(
  component: string,
  { environment, timeZone }: CheckedSpec,
): pulumi.Output<string[]> | undefined {
  if (environment === undefined && timeZone === undefined) return undefined;
  const all = timeZone === undefined ? environment : { ...environment, TZ: timeZone };
  return checkedInput(component, all ?? {}, (known) => ({ environment: known })).apply((values) =>
    Object.entries(values)
      .map(([key, value]) => `${key}=${value}`)
      .sort(),
  );
}

/** Folders that are volumes of the container alone: of its files, and of the program for its health check. */
function ownFolders({
  files = {},
  volumes = [],
  writableRoot,
  probe,
}: Omit<ContainerSpec, "health" | "limits">): string[] {
  const mounted = volumes.map(({ path }) => path);
  const folders = uploadFolders(Object.keys(files), mounted, writableRoot);
  return probe ? [...folders, PROBE_DIR] : folders;
}

/** Where something is mounted that no volume of the arguments may take. */
export function ownMounts(spec: Omit<ContainerSpec, "health" | "limits">): string[] {
  return [...Object.keys({ ...spec.temporary, ...spec.tmpfs }), ...ownFolders(spec)];
}

function volumeArgs(component: string, spec: CheckedSpec) {
  const named = (spec.volumes ?? []).map((mount) => ({
    volumeName: checkedInput(component, mount.volume, (volume) => ({
      volumes: [{ volume, path: mount.path }],
    })),
    containerPath: mount.path,
    readOnly: mount.readOnly,
  }));
  return [...named, ...ownFolders(spec).map((containerPath) => ({ containerPath }))];
}

function healthArgs(health: pulumi.Unwrap<HealthCheck>) {
  return {
    tests: healthTest(health),
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

/** What the topology opened or changed of the defaults. What it didn't isn't named: containers stay as they are. */
function optionArgs(spec: CheckedSpec) {
  const { entrypoint, workingDir, groups, shmMb, ulimits, devices, gpus, extraHosts, stopSignal } = spec;
  return {
    entrypoints: entrypoint,
    workingDir,
    groupAdds: groups,
    shmSize: shmMb,
    ulimits:
      ulimits &&
      Object.entries(ulimits).map(([name, bound]) =>
        typeof bound === "number" ? { name, soft: bound, hard: bound } : { name, ...bound },
      ),
    devices: devices?.map(({ host, container = host, permissions = "rwm" }) => ({
      hostPath: host,
      containerPath: container,
      permissions,
    })),
    gpus,
    hosts: extraHosts && Object.entries(extraHosts).map(([host, ip]) => ({ host, ip })),
    stopSignal,
  };
}

function sysctlArgs({ sysctls, networks }: CheckedSpec): Record<string, string> | undefined {
  if (networks === undefined) return sysctls;
  // A container in several networks must be no way from one to another.
  return { ...sysctls, "net.ipv4.ip_forward": "0" };
}
