// RedisInstance: a Redis server of one environment's own, safe for queues.
import { Volume } from "@pulumi/docker/volume.js";
import * as pulumi from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random/randomPassword.js";
import { DataGuard, Image } from "../provider/sdk.ts";
import { type Limits, runContainer, SECRETS_DIR } from "./container.ts";
import { type Environment, labelList } from "./environment.ts";
import { aclFile } from "./redis-acl.ts";

export interface RedisInstanceArgs {
  env: Environment;
  /** Image with the contract of the official `redis` image. */
  image: string;
  limits: Limits;
  /** Login of the application. @default "app" */
  user?: string;
  /** Role in the environment, part of its names. @default "redis" */
  role?: string;
  /** Role of its volume. @default "redisdata" */
  volumeRole?: string;
  /** Change it to issue a new password; the server is replaced, its data stays. @default "1" */
  passwordVersion?: string;
}

const PORT = 6379;
/** Loading a large append-only file takes a while. */
const HEALTH_TIMEOUT_SECONDS = 120;
const STOP_GRACE_SECONDS = 30;
/** A rewrite of the append-only file forks: what changes meanwhile is held twice. */
const MEMORY_SHARE = 0.75;

/**
 * A Redis server with one login for the application, no default user, an append-only file on a volume and
 * `noeviction`: a queue that loses keys under memory pressure loses jobs (BullMQ requires it).
 */
export class RedisInstance extends pulumi.ComponentResource {
  /** Name on the environment's network. */
  readonly host: string;
  /** Connection URL of the application's login (secret). */
  readonly url: pulumi.Output<string>;
  /** What must exist before a client connects. */
  readonly ready: pulumi.Resource[];

  constructor(name: string, args: RedisInstanceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tandem:index:RedisInstance", name, {}, { parent: args.env, ...opts });
    const role = args.role ?? "redis";
    const user = args.user ?? "app";
    this.host = args.env.name(role);
    const password = new RandomPassword(
      `${name}-password`,
      { length: 32, special: false, keepers: { version: args.passwordVersion ?? "1" } },
      { parent: this },
    );
    const volume = this.createVolume(name, args, role);
    this.ready = [this.createContainer(name, args, role, volume, user, password.result)];
    this.url = pulumi.secret(pulumi.interpolate`redis://${user}:${password.result}@${this.host}:${PORT}/0`);
    this.registerOutputs({ host: this.host });
  }

  private createVolume(name: string, args: RedisInstanceArgs, role: string): Volume {
    const volumeName = args.env.name(args.volumeRole ?? "redisdata");
    const guard = new DataGuard(
      `${name}-guard`,
      {
        subject: `volume ${volumeName}`,
        identity: { volume: volumeName, host: args.env.dockerHost },
        released: args.env.isReleased(role),
        releaseWith: args.env.releaseCommand(role),
      },
      { parent: this },
    );
    return new Volume(
      `${name}-data`,
      { name: volumeName, labels: labelList(args.env.labels(role)) },
      // A changed label would replace the volume, and with it the data.
      { parent: this, dependsOn: guard, ignoreChanges: ["labels"], ...args.env.volumeOptions(role) },
    );
  }

  private createContainer(
    name: string,
    args: RedisInstanceArgs,
    role: string,
    volume: Volume,
    user: string,
    password: pulumi.Output<string>,
  ): pulumi.Resource {
    const image = new Image(`${name}-image`, { reference: args.image }, { parent: this });
    const users = `${SECRETS_DIR}/users.acl`;
    const { started } = runContainer(this, args.env, name, {
      role,
      fixedName: args.env.name(role),
      image: image.imageId,
      command: redisArguments(users, args.limits.memoryMb),
      user: "redis",
      files: { [users]: password.apply((value) => aclFile(user, value)) },
      filesVersion: args.env.fingerprint([password]),
      volumes: [{ volume: volume.name, path: "/data" }],
      limits: args.limits,
      // Without --no-auth-warning the log of every check would hold a warning.
      health: { command: ["redis-cli", "--user", "health", "--pass", "none", "--no-auth-warning", "ping"] },
      healthTimeoutSeconds: HEALTH_TIMEOUT_SECONDS,
      stopGraceSeconds: STOP_GRACE_SECONDS,
    });
    return started;
  }
}

function redisArguments(users: string, memoryMb: number): string[] {
  const settings: Record<string, string> = {
    "--aclfile": users,
    "--dir": "/data",
    "--appendonly": "yes",
    "--maxmemory": `${Math.floor(memoryMb * MEMORY_SHARE)}mb`,
    "--maxmemory-policy": "noeviction",
  };
  return ["redis-server", ...Object.entries(settings).flat()];
}
