// RedisInstance: what an application needs of a Redis server, be it the environment's own or one of the stack `shared`.
import * as pulumi from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random/randomPassword.js";
import { type Check, nameWith, port, shown } from "../lib/docker/values.ts";
import { AclUser, RedisKeys } from "../provider/shared-sdk.ts";
import { ArgumentChecks } from "./argument-checks.ts";
import { checkedDefault, isLater } from "./checked-inputs.ts";
import type { Environment } from "./environment.ts";
import { type ServerRoles, serverRoles } from "./network-names.ts";
import { sharedNetwork } from "./pg-servers.ts";
import { componentOptions } from "./providers.ts";
import {
  aclFile,
  DEFAULT_USER,
  openedOfRedis,
  passwordHash,
  prefixRules,
  REDIS_COMMANDS,
  type RedisCommand,
} from "./redis-acl.ts";
import {
  BASE_ACL,
  EVICTIONS,
  type Eviction,
  REDIS_PORT,
  REDIS_ROLES,
  type RedisServerArgs,
  redisChecks,
  runRedis,
} from "./redis-container.ts";
import type { SharedRedis } from "./shared-redis-server.ts";

/** A server of the environment's own. */
export interface OwnRedisArgs extends RedisServerArgs {
  /** Left out: with it the environment uses a server of the stack `shared`, see `SharedRedisArgs`. */
  server?: never;
  /** Login of the application. @default "app" */
  user?: pulumi.Input<string>;
  /**
   * Log in with a password alone, for clients that can send no user name: the application's login is Redis' default user then.
   * It has the same rights. @default false
   */
  passwordOnly?: boolean;
  /**
   * `durable` keeps the keys on a volume, in an append-only file; `cache` keeps them in memory only, has no volume, and makes
   * room when the memory is full. @default "durable"
   */
  mode?: "durable" | "cache";
  /**
   * What becomes of keys when the memory is full, as Redis' `maxmemory-policy`. @default "noeviction", which refuses writes; for
   * a cache "allkeys-lru"
   */
  eviction?: Eviction;
  /**
   * Commands that Redis calls dangerous and the application needs: FLUSHDB, FLUSHALL, KEYS, SORT, CONFIG GET, CLIENT LIST. INFO
   * it always has. @default none; for a cache FLUSHDB, KEYS and CONFIG GET
   */
  commands?: RedisCommand[];
}

/** A key prefix on a server of the stack `shared`. */
export interface SharedRedisArgs {
  /** Environment that it is part of. */
  env: Environment;
  /** The server: what the stack `shared` hands out. Redis 7 or newer. */
  server: { kind: "shared" } & SharedRedis;
  /** Left out: its rights on a server with others are those of its prefix. */
  commands?: never;
  /** Beginning of every key and channel that the application may use, such as `staging:`. */
  prefix: string;
  /** Login of the application. @default the environment's name */
  user?: pulumi.Input<string>;
  /** Change it to issue a new password. @default "1" */
  passwordVersion?: pulumi.Input<string>;
}

/** Arguments of a `RedisInstance`. */
export type RedisInstanceArgs = OwnRedisArgs | SharedRedisArgs;

/** Role of the keys on a shared server, for their release. */
const ROLE = "redis";
/** What a cache's application may do besides: nothing in it is to be kept. */
const CACHE_COMMANDS: readonly RedisCommand[] = ["FLUSHDB", "KEYS", "CONFIG GET"];

/**
 * Redis or Valkey for one environment. Its own server has one login for the application, no default user, an append-only
 * file on a volume and `noeviction`: a queue that loses keys under memory pressure loses jobs (BullMQ requires it). As a cache
 * it keeps nothing and evicts. On a shared server it is a login that is bound to its key prefix.
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
    const component = `RedisInstance '${name}'`;
    const roles = args.server === undefined ? serverRoles(component, name, args, REDIS_ROLES) : undefined;
    rejectBadArgs(name, args, roles);
    super("tandem:index:RedisInstance", name, {}, componentOptions(component, args.env, opts));
    const password = new RandomPassword(
      `${name}-password`,
      { length: 32, special: false, keepers: { version: args.passwordVersion ?? "1" } },
      { parent: this },
    ).result;
    const passwordOnly = args.server === undefined && args.passwordOnly === true;
    const usual = args.server === undefined ? "app" : args.env.environment;
    const user = passwordOnly ? DEFAULT_USER : checkedDefault(component, "user", args.user, loginName, usual);
    this.host = args.server === undefined ? args.env.name(roles?.role ?? "") : args.server.container;
    this.networks = args.server === undefined ? [] : [sharedNetwork(args.env, args.server, "Redis server")];
    this.ready =
      args.server === undefined
        ? [this.createServer(name, { ...args, ...(roles as ServerRoles) }, user, password)]
        : this.createLogin(name, args, user, password);
    this.port = args.server?.port ?? REDIS_PORT;
    this.user = pulumi.output(user);
    this.password = pulumi.secret(password);
    const login = passwordOnly ? "" : user;
    this.url = pulumi.secret(pulumi.interpolate`redis://${login}:${password}@${this.host}:${this.port}/0`);
    this.registerOutputs({ host: this.host });
  }

  private createServer(
    name: string,
    args: OwnRedisArgs & ServerRoles,
    user: pulumi.Input<string>,
    password: pulumi.Output<string>,
  ): pulumi.Resource {
    const cache = args.mode === "cache";
    const eviction = args.eviction ?? (cache ? "allkeys-lru" : "noeviction");
    const commands = args.commands ?? (cache ? CACHE_COMMANDS : []);
    const list = pulumi.all([user, password]).apply(([login, value]) => aclFile(login, value, commands));
    const users = {
      files: { [BASE_ACL]: list },
      version: args.env.fingerprint([password]),
      aclFile: BASE_ACL,
      opened: openedOfRedis(commands, args.passwordOnly === true),
    };
    return runRedis(this, "RedisInstance", name, args, users, { keeping: { cache, eviction } });
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

/** A login's name: not that of a user that the server has anyway. */
function loginName(value: unknown): string | undefined {
  if (value === DEFAULT_USER)
    return "is Redis' default user; set passwordOnly for clients that send no user name";
  return value === "health" ? "is the user of the health check" : aclWord(value);
}

/** One of several words, in words of the field. */
function oneOf(words: readonly string[]): Check {
  return (value) =>
    words.some((each) => each === value)
      ? undefined
      : `is ${shown(value)}; it must be one of ${words.join(", ")}`;
}

function rejectBadArgs(name: string, args: RedisInstanceArgs, roles: ServerRoles | undefined): void {
  const checks =
    args.server === undefined
      ? redisChecks("RedisInstance", name, args, roles as ServerRoles)
          // What decides which resources there are can't come from an output.
          .add("mode", args.mode && oneOf(["durable", "cache"])(args.mode))
          .add("eviction", args.eviction && oneOf(EVICTIONS)(args.eviction))
          .add("commands", isLater(args.commands) ? "must be a list" : undefined)
          .each("commands", args.commands, oneOf(REDIS_COMMANDS))
          .add("user", args.passwordOnly === true ? userProblem(args.user) : undefined)
      : new ArgumentChecks("RedisInstance", name)
          .required("server.container", args.server.container, nameWith())
          .required("server.port", args.server.port, port)
          .required("prefix", args.prefix, aclWord);
  if (args.server !== undefined)
    for (const own of ["mode", "eviction", "commands", "passwordOnly"])
      checks.add(own, (args as object as Record<string, unknown>)[own] === undefined ? undefined : SHARED);
  checks.optional("user", args.user, loginName).done();
}

/** A server of the stack `shared` serves others as well. */
const SHARED = "is for a server of the environment's own; this one is shared with other environments";

function userProblem(user: unknown): string | undefined {
  return user === undefined
    ? undefined
    : "stands beside passwordOnly, which has no user name; leave one of them out";
}
