// Redis access lists: of an application's own server, of a shared one, and of a login that is bound to a key prefix.
import { createHash } from "node:crypto";
import { REDIS_ADMIN_RULES } from "../lib/redis-admin.ts";

/** Of the dangerous commands BullMQ and ioredis need one: INFO tells the server's version and eviction policy. */
const NEEDED = ["+info"];

/**
 * Commands among those that Redis calls dangerous which an application may be given on a server of its own: they read or
 * remove no more than it may anyway, or tell how the server runs. Of no use for getting out of the server, unlike CONFIG SET,
 * MODULE, DEBUG or REPLICAOF.
 */
const COMMANDS = {
  /** Removes all keys of a database: Django's `cache.clear()`, Laravel's `cache:clear`, Rails' `cache.clear`. */
  FLUSHDB: "+flushdb",
  /** Removes all keys. */
  FLUSHALL: "+flushall",
  /** Lists keys; it holds everybody up for as long as it takes. */
  KEYS: "+keys",
  /** Sorts a list or set, by other keys too. */
  SORT: "+sort",
  /** Reads settings: whether keyspace events are on, what is evicted. */
  "CONFIG GET": "+config|get",
  /** Lists connections: RQ looks for its workers so. */
  "CLIENT LIST": "+client|list",
} as const;

/** A command that Redis calls dangerous, and that an application may have on a server of its own. */
export type RedisCommand = keyof typeof COMMANDS;

/** All of them. */
export const REDIS_COMMANDS = Object.keys(COMMANDS) as RedisCommand[];

/** The user that a client without a user name is. */
export const DEFAULT_USER = "default";
/** Word of the label for a login as the default user. */
const OPENED_USER = "redis-default-user";
const OPENED_COMMAND = "redis-command:";

const labelled = (command: RedisCommand) => `${OPENED_COMMAND}${command.replaceAll(" ", "-")}`;

/** What a server's label says was opened, from its login's arguments. */
export function openedOfRedis(commands: readonly RedisCommand[], passwordOnly: boolean): string[] {
  return [...(passwordOnly ? [OPENED_USER] : []), ...commands.map(labelled)];
}

/** The same, read from the label. */
export function redisOpened(opened: ReadonlySet<string>): {
  commands: RedisCommand[];
  passwordOnly: boolean;
} {
  const commands = REDIS_COMMANDS.filter((command) => opened.has(labelled(command)));
  return { commands, passwordOnly: opened.has(OPENED_USER) };
}

const NO_DEFAULT_USER = "user default off resetpass resetkeys resetchannels -@all";
const HEALTH_USER = "user health on nopass resetkeys resetchannels -@all +ping";

/** A password as Redis keeps it. */
export function passwordHash(password: string): string {
  return createHash("sha256").update(password).digest("hex");
}

/**
 * Content of the ACL file: no default user unless it is the application's, a user `health` that can only PING, and the
 * application's user without administration and without the commands that Redis calls dangerous (FLUSHALL, KEYS, CONFIG,
 * DEBUG, SHUTDOWN …) but for those that it is given. The password stands in it as a SHA-256 hash only.
 */
export function aclFile(user: string, password: string, commands: readonly RedisCommand[] = []): string {
  const given = REDIS_COMMANDS.filter((command) => commands.includes(command)).map((each) => COMMANDS[each]);
  const rules = ["-@admin", "-@dangerous", ...NEEDED, ...given].join(" ");
  const login = `user ${user} on #${passwordHash(password)} ~* &* +@all ${rules}`;
  return [...(user === DEFAULT_USER ? [] : [NO_DEFAULT_USER]), HEALTH_USER, login, ""].join("\n");
}

/** Content of a shared server's ACL file: an administrator who manages logins and deletes keys, and reads none. */
export function serverAcl(adminHash: string): string {
  const admin = `user admin on #${adminHash} ~* resetchannels -@all ${REDIS_ADMIN_RULES.join(" ")}`;
  return [NO_DEFAULT_USER, HEALTH_USER, admin, ""].join("\n");
}

/**
 * Rules of a login that is bound to a key prefix, in the order in which ACL SETUSER takes them.
 *
 * Key patterns guard only commands that name keys. So the commands that don't, and tell of other keys or of everything,
 * are taken away: SCAN, RANDOMKEY, DBSIZE, PUBSUB, client-side caching in broadcast mode (it announces every key that
 * changes), what Redis calls dangerous (KEYS, FLUSHDB, MONITOR …) and administration. INFO stays, as BullMQ asks for
 * the version: it tells how many keys there are in all.
 */
export function prefixRules(prefix: string): string[] {
  return [
    "resetkeys",
    "resetchannels",
    `~${prefix}*`,
    `&${prefix}*`,
    "-@all",
    ...["read", "write", "connection", "transaction", "scripting", "blocking", "pubsub"].map(
      (each) => `+@${each}`,
    ),
    ...["-@admin", "-@dangerous"],
    ...["script", "function", "fcall", "fcall_ro", "scan", "randomkey", "dbsize", "pubsub"].map(
      (each) => `-${each}`,
    ),
    ...["-client|tracking", "-client|caching", "-client|trackinginfo"],
    ...NEEDED,
  ];
}
