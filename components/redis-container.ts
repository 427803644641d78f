// The container of a Redis server with its volume: what a server of one environment and a shared one have in common.
import type * as pulumi from "@pulumi/pulumi";
import { image as imageCheck } from "../lib/docker/values.ts";
import { SECRETS_DIR } from "../lib/docker/writable.ts";
import { Image } from "../provider/sdk.ts";
import { ArgumentChecks } from "./argument-checks.ts";
import { checkedArgument, checkedLimits } from "./checked-inputs.ts";
import { type Limits, runContainer } from "./container.ts";
import { guardedVolume } from "./data-volume.ts";
import type { Environment } from "./environment.ts";

/** What every Redis server is given. */
export interface RedisServerArgs {
  /** Environment that it is part of. */
  env: Environment;
  /** Image with the contract of the official `redis` image. */
  image: pulumi.Input<string>;
  /** Most that each of its containers may use. */
  limits: pulumi.Input<Limits>;
  /** Role in the environment, part of its names. @default "redis" */
  role?: string;
  /** Role of its volume. @default "redisdata" */
  volumeRole?: string;
  /** Change it to issue a new password; the server is replaced, its data stays. @default "1" */
  passwordVersion?: pulumi.Input<string>;
}

/** How a server finds its users. */
export interface RedisUsers {
  /** Secret files, by path under /run/secrets. */
  files: Record<string, pulumi.Input<string>>;
  /** Changes when one of them does. */
  version: pulumi.Input<string>;
  /** The ACL file. */
  aclFile: string;
  /** Command that starts the server, from its arguments. @default the arguments themselves */
  start?: (server: string[]) => string[];
}

/** Port on the networks. */
export const REDIS_PORT = 6379;
/** Where the volume lies. */
export const REDIS_DATA = "/data";
/** Content of the ACL file that the server is started with. */
export const BASE_ACL = `${SECRETS_DIR}/users.acl`;
const USER = "redis";
/** Loading a large append-only file takes a while. */
const HEALTH_TIMEOUT_SECONDS = 120;
const STOP_GRACE_SECONDS = 30;
/** A rewrite of the append-only file forks: what changes meanwhile is held twice. */
const MEMORY_SHARE = 0.75;

/** What is to be checked of every Redis server. */
export function redisChecks(
  kind: string,
  name: string,
  { env, image, limits, role = "redis", volumeRole = "redisdata" }: RedisServerArgs,
  networks: unknown[] = [],
): ArgumentChecks {
  return new ArgumentChecks(kind, name)
    .name(env.name(role))
    .name(env.name(volumeRole))
    .container({ image: image ?? null, limits, networks });
}

/** Makes the volume and the server's container, for a component of a kind; returns the healthy start. */
export function runRedis(
  parent: pulumi.ComponentResource,
  kind: string,
  name: string,
  args: RedisServerArgs,
  users: RedisUsers,
  networks?: pulumi.Input<string>[],
) {
  const role = args.role ?? "redis";
  const volumeRole = args.volumeRole ?? "redisdata";
  const component = `${kind} '${name}'`;
  const reference = checkedArgument(component, "image", args.image, imageCheck);
  const volume = guardedVolume(parent, name, args.env, {
    role,
    volumeRole,
    server: { kind: "redis", image: reference, user: USER },
  });
  const image = new Image(`${name}-image`, { reference }, { parent });
  const limits = checkedLimits(component, args.limits);
  const server = limits.memoryMb.apply((memoryMb) => redisArguments(users.aclFile, memoryMb));
  const { started } = runContainer(parent, args.env, name, {
    role,
    component,
    fixedName: args.env.name(role),
    image: image.imageId,
    command: server.apply((words) => users.start?.(words) ?? words),
    user: USER,
    files: users.files,
    filesVersion: users.version,
    volumes: [{ volume: volume.name, path: REDIS_DATA }],
    networks,
    limits,
    // Without --no-auth-warning the log of every check would hold a warning.
    health: { command: ["redis-cli", "--user", "health", "--pass", "none", "--no-auth-warning", "ping"] },
    healthTimeoutSeconds: HEALTH_TIMEOUT_SECONDS,
    stopGraceSeconds: STOP_GRACE_SECONDS,
  });
  return started;
}

function redisArguments(aclFile: string, memoryMb: number): string[] {
  const settings: Record<string, string> = {
    "--aclfile": aclFile,
    "--dir": REDIS_DATA,
    "--appendonly": "yes",
    "--maxmemory": `${Math.floor(memoryMb * MEMORY_SHARE)}mb`,
    "--maxmemory-policy": "noeviction",
  };
  return ["redis-server", ...Object.entries(settings).flat()];
}
