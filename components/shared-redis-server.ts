// SharedRedisServer: a Redis server of the stack `shared`, on which each environment has a login and a key prefix.
import * as pulumi from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random/randomPassword.js";
import { SECRETS_DIR } from "../lib/docker/writable.ts";
import { serverRoles } from "./network-names.ts";
import { componentOptions } from "./providers.ts";
import { passwordHash, serverAcl } from "./redis-acl.ts";
import {
  BASE_ACL,
  REDIS_DATA,
  REDIS_PORT,
  REDIS_ROLES,
  type RedisServerArgs,
  redisChecks,
  runRedis,
} from "./redis-container.ts";
import type { SharedNetworks } from "./shared-networks.ts";

/** Arguments of a `SharedRedisServer`. */
export interface SharedRedisServerArgs extends RedisServerArgs {
  /** Networks of the environments that it serves. */
  networks: SharedNetworks;
}

/** Where a shared server is: what its stack hands out to the environments. Nothing in it is secret. */
export interface SharedRedis {
  /** Name of its container, and its name on the networks. */
  container: string;
  /** Port on the networks. */
  port: number;
  /** Network of each environment that it serves. */
  networks: Record<string, string>;
}

/** Where the administrator's password lies; only `docker exec` comes at it. */
const ADMIN_PASSWORD = `${SECRETS_DIR}/admin-password`;
const ACL_FILE = `${REDIS_DATA}/users.acl`;

/**
 * A Redis server for several environments, reached through a network for each. It has no user that may read keys: the
 * environments' stacks make their logins through an administrator inside the container, whose password never leaves it.
 * The logins are kept in a file on the volume, so that they outlive a restart and a new container.
 */
export class SharedRedisServer extends pulumi.ComponentResource {
  /** For the environments that it serves. */
  readonly shared: pulumi.Output<SharedRedis>;
  /** The healthy server. */
  readonly ready: pulumi.Resource[];

  constructor(name: string, args: SharedRedisServerArgs, opts?: pulumi.ComponentResourceOptions) {
    const component = `SharedRedisServer '${name}'`;
    const roles = serverRoles(component, name, args, REDIS_ROLES);
    redisChecks("SharedRedisServer", name, args, roles, Object.values(args.networks ?? {})).done();
    super("tandem:index:SharedRedisServer", name, {}, componentOptions(component, args.env, opts));
    const password = new RandomPassword(
      `${name}-admin-password`,
      { length: 32, special: false, keepers: { version: args.passwordVersion ?? "1" } },
      { parent: this },
    ).result;
    const users = {
      files: {
        [ADMIN_PASSWORD]: password,
        [BASE_ACL]: password.apply((value) => serverAcl(passwordHash(value))),
      },
      version: args.env.fingerprint([password]),
      aclFile: ACL_FILE,
      start: startWithKeptUsers,
    };
    const networks = Object.values(args.networks);
    const started = runRedis(this, "SharedRedisServer", name, { ...args, ...roles }, users, { networks });
    this.ready = [started];
    const container = args.env.name(roles.role);
    this.shared = pulumi
      .all([args.networks, started.containerId])
      .apply(([networks]) => ({ container, port: REDIS_PORT, networks }));
    this.registerOutputs({ shared: this.shared });
  }
}

/**
 * The server's own users are written anew at each start, the environments' stay as ACL SAVE left them. The file is
 * changed in one step: a start that is killed leaves the old one.
 */
function startWithKeptUsers(server: string[]): string[] {
  const script = [
    "set -eu; umask 077",
    `touch ${ACL_FILE}`,
    `{ cat ${BASE_ACL}; grep -vE '^user (default|health|admin) ' ${ACL_FILE} || true; } > ${ACL_FILE}.new`,
    `mv ${ACL_FILE}.new ${ACL_FILE}`,
    'exec docker-entrypoint.sh "$@"',
  ].join("\n");
  return ["sh", "-c", script, "sh", ...server];
}
