// Redis access lists: of an application's own server, of a shared one, and of a login that is bound to a key prefix.
import { createHash } from "node:crypto";
import { REDIS_ADMIN_RULES } from "../lib/redis-admin.ts";

/** Of the dangerous commands BullMQ and ioredis need one: INFO tells the server's version and eviction policy. */
const NEEDED = ["+info"];

const NO_DEFAULT_USER = "user default off resetpass resetkeys resetchannels -@all";
const HEALTH_USER = "user health on nopass resetkeys resetchannels -@all +ping";

/** A password as Redis keeps it. */
export function passwordHash(password: string): string {
  return createHash("sha256").update(password).digest("hex");
}

/**
 * Content of the ACL file: no default user, a user `health` that can only PING, and the application's user without
 * administration and without the commands that Redis calls dangerous (FLUSHALL, KEYS, CONFIG, DEBUG, SHUTDOWN …). The
 * password stands in it as a SHA-256 hash only.
 */
export function aclFile(user: string, password: string): string {
  const login = `user ${user} on #${passwordHash(password)} ~* &* +@all -@admin -@dangerous ${NEEDED.join(" ")}`;
  return [NO_DEFAULT_USER, HEALTH_USER, login, ""].join("\n");
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
