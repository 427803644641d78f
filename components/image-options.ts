// What an image may need that wasn't made for Tandem. Each of these is closed unless the topology says so; what weakens a
// container stands in a label of it, so that the policies know that it was meant, and say so.
import type * as pulumi from "@pulumi/pulumi";
import { isRoot, KEPT_CAPABILITIES, OPENED_LABEL } from "../lib/docker/opened.ts";
import type { Ulimit } from "../lib/docker/options.ts";
import type { TemporaryFolder } from "../lib/docker/writable.ts";

export type { TemporaryFolder };

/** A device of the host. */
export interface DeviceSpec {
  /** Path on the host, such as `/dev/ttyUSB0`. */
  host: string;
  /** Path in the container. @default the same */
  container?: string;
  /** What may be done: read, write, make nodes. @default "rwm" */
  permissions?: string;
}

/** A port of the container that the host listens on. */
export interface PublishedPort {
  /** Port in the container. */
  port: number;
  /** Port of the host. */
  hostPort: number;
  /** @default "tcp" */
  protocol?: "tcp" | "udp";
  /** Address of the host; others than loopback take `tandem:policies.publish` as well. @default "127.0.0.1" */
  bindAddress?: string;
}

/** Arguments for images that weren't made for Tandem. */
export interface ImageOptions {
  /** Entry point. @default the image's */
  entrypoint?: string[];
  /** Folder in which its process begins. @default the image's */
  workingDir?: string;
  /** Capabilities that it keeps, without `CAP_`, such as `SETUID` for an entry point that drops root's rights. @default none */
  capabilities?: string[];
  /** Further groups of its user. @default none */
  groups?: string[];
  /** May it write everywhere in its own file system? What it writes is lost with the container. @default false */
  writableRoot?: boolean;
  /** Folders in memory that it may write to, by path. @default `/tmp` with 64 MiB, nothing in it to be run */
  temporary?: Record<string, TemporaryFolder>;
  /** Shared memory in MiB. @default Docker's 64 */
  shmMb?: pulumi.Input<number>;
  /** Bounds of its processes, such as `nofile`: one number, or a soft and a hard one. @default the daemon's */
  ulimits?: Record<string, Ulimit>;
  /** Parameters of the kernel that a container has of its own, such as `net.core.somaxconn`. @default the kernel's */
  sysctls?: Record<string, string>;
  /** Devices of the host. @default none */
  devices?: DeviceSpec[];
  /** GPUs: `all`, or `device=` and ids. @default none */
  gpus?: string;
  /** Addresses by hostname, for its /etc/hosts; `host-gateway` is the host. @default none */
  extraHosts?: Record<string, string>;
  /** Time zone, such as `Europe/Berlin`, as the variable `TZ`. @default the image's, UTC as a rule */
  timeZone?: string;
  /** Signal that asks it to end. @default the image's, SIGTERM as a rule */
  stopSignal?: string;
}

/** All options by name; the compiler sees to it that none is left out. */
const OPTIONS: Record<keyof ImageOptions, true> = {
  ...{
    entrypoint: true,
    workingDir: true,
    capabilities: true,
    groups: true,
    writableRoot: true,
    temporary: true,
  },
  ...{
    shmMb: true,
    ulimits: true,
    sysctls: true,
    devices: true,
    gpus: true,
    extraHosts: true,
    timeZone: true,
  },
  stopSignal: true,
};
const OPTION_NAMES = Object.keys(OPTIONS) as (keyof ImageOptions)[];

/** The options among a component's arguments. */
export function optionsOf(args: ImageOptions): ImageOptions {
  return Object.fromEntries(
    OPTION_NAMES.filter((name) => args[name] !== undefined).map((name) => [name, args[name]]),
  );
}

/**
 * What the options open of the hardening, as the label says it: policies by name, with what exactly.
 *
 * @param user the container's; undefined is the image's, which may be root. Of one that is known later the policies judge
 * @param more what a component opens by arguments of its own
 */
export function openedLabel(
  options: Omit<ImageOptions, "shmMb">,
  user: pulumi.Input<string> | undefined,
  more: readonly string[] = [],
): Record<string, string> {
  const { capabilities = [], writableRoot, devices = [], gpus, ulimits = {} } = options;
  const unbounded = Object.entries(ulimits).filter(([, bound]) =>
    typeof bound === "number" ? bound < 0 : bound.soft < 0 || bound.hard < 0,
  );
  const opened = [
    ...(user === undefined || (typeof user === "string" && isRoot(user)) ? ["non-root"] : []),
    ...(writableRoot === true ? ["read-only-root"] : []),
    ...capabilities.filter((name) => !KEPT_CAPABILITIES.includes(name)).map((name) => `capabilities:${name}`),
    ...(devices.length > 0 || gpus !== undefined ? ["no-devices"] : []),
    ...(unbounded.length > 0 ? ["bounded-ulimits"] : []),
    ...more,
  ];
  return opened.length === 0 ? {} : { [OPENED_LABEL]: opened.sort().join(" ") };
}
