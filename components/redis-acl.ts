// The Redis access list of an application's own server.
import { createHash } from "node:crypto";

/** Of the dangerous commands BullMQ and ioredis need one: INFO tells the server's version and eviction policy. */
const NEEDED = ["+info"];

/**
 * Content of the ACL file: no default user, a user `health` that can only PING, and the application's user without
 * administration and without the commands that Redis calls dangerous (FLUSHALL, KEYS, CONFIG, DEBUG, SHUTDOWN …). The
 * password stands in it as a SHA-256 hash only.
 */
export function aclFile(user: string, password: string): string {
  const hash = createHash("sha256").update(password).digest("hex");
  return [
    "user default off resetpass resetkeys resetchannels -@all",
    "user health on nopass resetkeys resetchannels -@all +ping",
    `user ${user} on #${hash} ~* &* +@all -@admin -@dangerous ${NEEDED.join(" ")}`,
    "",
  ].join("\n");
}
