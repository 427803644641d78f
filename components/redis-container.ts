// The container of a Redis server with its volume: what a server of one environment and a shared one have in common.
import * as pulumi from "@pulumi/pulumi";
import { image as imageCheck } from "../lib/docker/values.ts";
import { SECRETS_DIR } from "../lib/docker/writable.ts";
import { Image } from "../provider/sdk.ts";
import { ArgumentChecks } from "./argument-checks.ts";
import { checkedArgument, checkedLimits, isLater } from "./checked-inputs.ts";
import { type Limits, runContainer } from "./container.ts";
import { guardedNothing, guardedVolume } from "./data-volume.ts";
import type { Environment } from "./environment.ts";
import type { ServerRoles } from "./network-names.ts";

/** What every Redis server is given. */
export interface RedisServerArgs {
  /** Environment that it is part of. */
  env: Environment;
  /** Image with the contract of the official `redis` image, or of `valkey` where its repository is called so. */
  image: pulumi.Input<string>;
  /** Most that each of its containers may use. */
  limits: pulumi.Input<Limits>;
  /** Role in the environment, part of its names. @default "redis" for the first in an environment, else the component's name */
  role?: string;
  /** Role of its volume. @default "redisdata" for the first in an environment, else its role and `data` */
  volumeRole?: string;
  /** Change it to issue a new password; the server is replaced, its data stays. @default "1" */
  passwordVersion?: pulumi.Input<string>;
}

/** What becomes of keys when the memory is full, in Redis' own words (`maxmemory-policy`). */
export const EVICTIONS = [
  ...(["noeviction", "allkeys-lru", "allkeys-lfu", "allkeys-random"] as const),
  ...(["volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl"] as const),
];
/** One of them. */
export type Eviction = (typeof EVICTIONS)[number];

/** Whether and where a server keeps its keys. */
export interface RedisKeeping {
  /** Lose all keys with the container? Then there is no volume. */
  cache: boolean;
  eviction: Eviction;
}

/** A queue that loses keys loses jobs. */
const DURABLE: RedisKeeping = { cache: false, eviction: "noeviction" };

/** How a server finds its users. */
export interface RedisUsers {
  /** Secret files, by path under /run/secrets. */
  files: Record<string, pulumi.Input<string>>;
  /** Changes when one of them does. */
  version: pulumi.Input<string>;
  /** The ACL file. */
  aclFile: string;
  /** What was opened of their rights, for the label. @default nothing */
  opened?: readonly string[];
  /** Command that starts the server, from its arguments. @default the arguments themselves */
  start?: (server: string[]) => string[];
}

/** Port on the networks. */
export const REDIS_PORT = 6379;
/** Where the volume lies. */
export const REDIS_DATA = "/data";
/** Content of the ACL file that the server is started with. */
export const BASE_ACL = `${SECRETS_DIR}/users.acl`;
/** A container of a cache writes nothing to the disk; Docker would make a volume of the image's folder. */
const NO_DATA = { [REDIS_DATA]: "rw,nosuid,nodev,noexec,mode=1777,size=1m" };
/** Loading a large append-only file takes a while. */
const HEALTH_TIMEOUT_SECONDS = 120;
const STOP_GRACE_SECONDS = 30;
/** A rewrite of the append-only file forks: what changes meanwhile is held twice. */
const MEMORY_SHARE = 0.75;

/** Roles of the first Redis server of an environment. */
export const REDIS_ROLES: ServerRoles = { role: "redis", volumeRole: "redisdata" };

/** What is to be checked of every Redis server. */
export function redisChecks(
  kind: string,
  name: string,
  { env, image, limits }: RedisServerArgs,
  { role, volumeRole }: ServerRoles,
  networks: unknown[] = [],
): ArgumentChecks {
  return new ArgumentChecks(kind, name)
    .name(env.name(role))
    .name(env.name(volumeRole))
    .container({ image: image ?? null, limits, networks });
}

/** The user of the official images, which is called as the server is. */
export function redisUser(image: string): string {
  return /(^|\/)[^/:@]*valkey[^/:@]*(:[^/]*)?(@|$)/.test(image) ? "valkey" : "redis";
}

/** Makes the volume and the server's container, for a component of a kind; returns the healthy start. */
export function runRedis(
  parent: pulumi.ComponentResource,
  kind: string,
  name: string,
  args: RedisServerArgs & ServerRoles,
  users: RedisUsers,
  { keeping = DURABLE, networks }: { keeping?: RedisKeeping; networks?: pulumi.Input<string>[] } = {},
) {
  const { role, volumeRole } = args;
  const component = `${kind} '${name}'`;
  const reference = checkedArgument(component, "image", args.image, imageCheck);
  const user = isLater(reference) ? pulumi.output(reference).apply(redisUser) : redisUser(String(reference));
  const server = { kind: "redis", image: reference, user } as const;
  if (keeping.cache) guardedNothing(parent, name, args.env, role);
  const volume = keeping.cache
    ? undefined
    : guardedVolume(parent, name, args.env, { role, volumeRole, server });
  const image = new Image(`${name}-image`, { reference }, { parent });
  const limits = checkedLimits(component, args.limits);
  const words = limits.memoryMb.apply((memoryMb) => redisArguments(users.aclFile, memoryMb, keeping));
  const { started } = runContainer(parent, args.env, name, {
    role,
    component,
    fixedName: args.env.name(role),
    image: image.imageId,
    command: words.apply((all) => users.start?.(all) ?? all),
    user,
    files: users.files,
    filesVersion: users.version,
    ...(users.opened === undefined ? {} : { opened: users.opened }),
    ...(volume === undefined ? { tmpfs: NO_DATA } : { volumes: [{ volume: volume.name, path: REDIS_DATA }] }),
    ...(networks === undefined ? {} : { networks }),
    limits,
    // Without --no-auth-warning the log of every check would hold a warning.
    health: { command: ["redis-cli", "--user", "health", "--pass", "none", "--no-auth-warning", "ping"] },
    healthTimeoutSeconds: HEALTH_TIMEOUT_SECONDS,
    stopGraceSeconds: STOP_GRACE_SECONDS,
  });
  return started;
}

function redisArguments(aclFile: string, memoryMb: number, { cache, eviction }: RedisKeeping): string[] {
  const settings: Record<string, string> = {
    "--aclfile": aclFile,
    "--dir": REDIS_DATA,
    "--appendonly": cache ? "no" : "yes",
    "--maxmemory": `${Math.floor(memoryMb * MEMORY_SHARE)}mb`,
    "--maxmemory-policy": eviction,
  };
  // One word: the Docker provider takes no empty one.
  return ["redis-server", ...(cache ? ['--save ""'] : []), ...Object.entries(settings).flat()];
}
