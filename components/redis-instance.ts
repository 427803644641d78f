// RedisInstance: what an application needs of a Redis server, be it the environment's own or one of the stack `shared`.
import * as pulumi from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random/randomPassword.js";
import { nameWith, port } from "../lib/docker/values.ts";
import { AclUser, RedisKeys } from "../provider/shared-sdk.ts";
import { ArgumentChecks } from "./argument-checks.ts";
import { checkedDefault } from "./checked-inputs.ts";
import type { Environment } from "./environment.ts";
import { sharedNetwork } from "./pg-servers.ts";
import { componentOptions } from "./providers.ts";
import { aclFile, passwordHash, prefixRules } from "./redis-acl.ts";
import { BASE_ACL, REDIS_PORT, type RedisServerArgs, redisChecks, runRedis } from "./redis-container.ts";
import type { SharedRedis } from "./shared-redis-server.ts";

/** A server of the environment's own. */
export interface OwnRedisArgs extends RedisServerArgs {
  /** Left out: with it the environment uses a server of the stack `shared`, see `SharedRedisArgs`. */
  server?: never;
  /** Login of the application. @default "app" */
  user?: pulumi.Input<string>;
}

/** A key prefix on a server of the stack `shared`. */
export interface SharedRedisArgs {
  /** Environment that it is part of. */
  env: Environment;
  /** The server: what the stack `shared` hands out. Redis 7 or newer. */
  server: { kind: "shared" } & SharedRedis;
  /** Beginning of every key and channel that the application may use, such as `staging:`. */
  prefix: string;
  /** Login of the application. @default the environment's name */
  user?: pulumi.Input<string>;
  /** Change it to issue a new password. @default "1" */
  passwordVersion?: pulumi.Input<string>;
}

/** Arguments of a `RedisInstance`. */
export type RedisInstanceArgs = OwnRedisArgs | SharedRedisArgs;

/** Role of the data, for its release. */
const ROLE = "redis";

/**
 * Redis for one environment. Its own server has one login for the application, no default user, an append-only file on
 * a volume and `noeviction`: a queue that loses keys under memory pressure loses jobs (BullMQ requires it). On a shared
 * server it is a login that is bound to its key prefix.
 */
export class RedisInstance extends pulumi.ComponentResource {
  /** Name on the network. */
  readonly host: string;
  /** Port on the network. */
  readonly port: number;
  /** The application's login, for clients that take no URL. */
  readonly user: pulumi.Output<string>;
  /** Its password (secret). */
  readonly password: pulumi.Output<string>;
  /** Connection URL of the application's login (secret). */
  readonly url: pulumi.Output<string>;
  /** What must exist before a client connects. */
  readonly ready: pulumi.Resource[];
  /** Networks that a client must join besides its environment's own: those of a shared server. */
  readonly networks: pulumi.Input<string>[];

  constructor(name: string, args: RedisInstanceArgs, opts?: pulumi.ComponentResourceOptions) {
    rejectBadArgs(name, args);
    super(
      "tandem:index:RedisInstance",
      name,
      {},
      componentOptions(`RedisInstance '${name}'`, args.env, opts),
    );
    const password = new RandomPassword(
      `${name}-password`,
      { length: 32, special: false, keepers: { version: args.passwordVersion ?? "1" } },
      { parent: this },
    ).result;
    const shared = args.server !== undefined;
    const usual = shared ? args.env.environment : "app";
    const user = checkedDefault(`RedisInstance '${name}'`, "user", args.user, aclWord, usual);
    this.host = shared ? args.server.container : args.env.name(args.role ?? "redis");
    this.networks = shared ? [sharedNetwork(args.env, args.server, "Redis server")] : [];
    this.ready = shared
      ? this.createLogin(name, args, user, password)
      : [this.createServer(name, args, user, password)];
    this.port = shared ? args.server.port : REDIS_PORT;
    this.user = pulumi.output(user);
    this.password = pulumi.secret(password);
    this.url = pulumi.secret(pulumi.interpolate`redis://${user}:${password}@${this.host}:${this.port}/0`);
    this.registerOutputs({ host: this.host });
  }

  private createServer(
    name: string,
    args: OwnRedisArgs,
    user: pulumi.Input<string>,
    password: pulumi.Output<string>,
  ): pulumi.Resource {
    return runRedis(this, "RedisInstance", name, args, {
      files: { [BASE_ACL]: pulumi.all([user, password]).apply(([login, value]) => aclFile(login, value)) },
      version: args.env.fingerprint([password]),
      aclFile: BASE_ACL,
    });
  }

  /** A login on a shared server, and the keys below its prefix: the login goes with `down`, the keys stay. */
  private createLogin(
    name: string,
    { env, server, prefix }: SharedRedisArgs,
    user: pulumi.Input<string>,
    password: pulumi.Output<string>,
  ): pulumi.Resource[] {
    const tenant = `${env.system}/${env.environment}`;
    const keys = new RedisKeys(
      `${name}-keys`,
      { container: server.container, prefix, tenant },
      { parent: this, ...env.dataOptions(ROLE) },
    );
    const login = new AclUser(
      `${name}-login`,
      {
        container: server.container,
        user,
        passwordHash: password.apply(passwordHash),
        prefix,
        rules: prefixRules(prefix),
        tenant,
      },
      { parent: this, dependsOn: keys },
    );
    return [login];
  }
}

/** A login or prefix is a word of the server's access list: a space or line break would begin another rule. */
const ACL_WORD = /^[^\s\0]{1,256}$/;

function aclWord(value: unknown): string | undefined {
  return typeof value === "string" && ACL_WORD.test(value)
    ? undefined
    : "must be one word of at most 256 characters, without spaces";
}

function rejectBadArgs(name: string, args: RedisInstanceArgs): void {
  const checks =
    args.server === undefined
      ? redisChecks("RedisInstance", name, args)
      : new ArgumentChecks("RedisInstance", name)
          .required("server.container", args.server.container, nameWith())
          .required("server.port", args.server.port, port)
          .required("prefix", args.prefix, aclWord);
  checks.optional("user", args.user, aclWord).done();
}
