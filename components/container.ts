// One hardened container: what every server and service of an environment has in common.
import { Container } from "@pulumi/docker/container.js";
import type * as pulumi from "@pulumi/pulumi";
import { SCHEDULER_IMAGE } from "../lib/jobs/place.ts";
import { ContainerStart } from "../provider/sdk.ts";
import { lookUpImage } from "./app-image.ts";
import { ArgumentChecks } from "./argument-checks.ts";
import { checkedSpec } from "./checked-inputs.ts";
import { containerArgs, ownMounts } from "./container-args.ts";
import type { Environment } from "./environment.ts";
import { type HealthCheck, PROBE_DIR, PROBE_IMAGE } from "./health-check.ts";
import type { ImageOptions } from "./image-options.ts";
import { takeRole } from "./network-names.ts";

/** Most that a container may use. */
export interface Limits {
  /** CPUs, for example 0.5. */
  cpus: pulumi.Input<number>;
  /** Memory in MiB; swap is off. */
  memoryMb: pulumi.Input<number>;
  /** Processes and threads. */
  pids: pulumi.Input<number>;
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

export interface ContainerSpec extends ImageOptions {
  /** Role in the environment, for example `postgres`; it is the label `tandem.component`. */
  role: string;
  /** What messages call it. @default `Container '<name>'` */
  component?: string;
  /** Fixed name, for what holds data or a port; otherwise the engine adds a suffix, so that two can run side by side. */
  fixedName?: string;
  /** Image id. */
  image: pulumi.Input<string>;
  command?: pulumi.Input<pulumi.Input<string>[]>;
  /** User inside the container. @default the image's */
  user?: pulumi.Input<string>;
  environment?: Record<string, pulumi.Input<string>>;
  /** What its topology opened besides the options of images, as the label says it. @default nothing */
  opened?: readonly string[];
  /** Files by absolute path; kept out of `docker inspect`. */
  files?: Record<string, pulumi.Input<string>>;
  /** Changes when the content of `files` does: files alone would not replace the container. */
  filesVersion?: pulumi.Input<string>;
  volumes?: VolumeMount[];
  ports?: { bindAddress: string; hostPort: number; containerPort: number; protocol?: "tcp" | "udp" }[];
  /** Further folders in memory: path to mount options. */
  tmpfs?: Record<string, string>;
  /** Further names on the environment's own network. @default none */
  aliases?: string[];
  /** Networks to join besides the environment's own. @default none */
  networks?: pulumi.Input<string>[];
  /** Most that each of its containers may use. */
  limits: pulumi.Input<Limits>;
  health: pulumi.Input<HealthCheck>;
  /** Seconds until the health check must have passed. */
  healthTimeoutSeconds: pulumi.Input<number>;
  /** Seconds between the stop signal and the kill. */
  stopGraceSeconds: pulumi.Input<number>;
  /** Seconds for which it is watched at a start while one of an earlier version still runs. @default 0 */
  watchSeconds?: pulumi.Input<number>;
  /** Does its health check need the program that Tandem brings? @default false */
  probe?: boolean;
  /** Is a scheduler of jobs put into it, and before which entry point of theirs? @default no; the image's */
  scheduler?: { entrypoint?: string[] };
  /** Further labels. @default none */
  labels?: Record<string, string>;
  /** Do containers of earlier versions end before it starts? They start again if it fails. @default false */
  stopFirst?: boolean;
  /** Is it only made ready, to be started together with others? @default false */
  held?: boolean;
  dependsOn?: pulumi.Input<pulumi.Input<pulumi.Resource>[]>;
}

/** What `runContainer` made. */
export interface RunningContainer {
  container: Container;
  started: ContainerStart;
}

/** What the engine adds to the name of a container that has no fixed one: `-` and seven digits. */
export const AUTONAME_LENGTH = 8;

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
  const alone = given.stopFirst === true || given.held === true || given.fixedName !== undefined;
  takeRole(env, given.role, parent, alone);
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
  const probe = spec.probe
    ? { image: lookUpImage(component, `${name}-probe`, PROBE_IMAGE, { parent }).imageId, folder: PROBE_DIR }
    : undefined;
  const scheduler = spec.scheduler && {
    ...spec.scheduler,
    image: lookUpImage(component, `${name}-scheduler`, SCHEDULER_IMAGE, { parent }).imageId,
  };
  const started = new ContainerStart(
    `${name}-start`,
    {
      containerId: container.id,
      containerName: container.name,
      probe,
      scheduler,
      stopFirst: spec.held === true ? undefined : spec.stopFirst,
      held: spec.held,
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
  checks.container({ ...spec, image: undefined, mounted: ownMounts(spec) }).health(spec.health);
  if (spec.fixedName === undefined) checks.name(name, AUTONAME_LENGTH);
  else checks.name(spec.fixedName);
  for (const alias of spec.aliases ?? []) checks.name(alias);
  checks.done();
}
