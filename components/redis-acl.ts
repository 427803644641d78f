// The Redis access list of an application's own server.
import { createHash } from "node:crypto";

/**
 * Commands of the @admin and @dangerous categories that BullMQ and ioredis need: BullMQ reads the server's version and
 * eviction policy from INFO and names its connections.
 */
const NEEDED = [
  "+info",
  "+client|setname",
  "+client|getname",
  "+client|setinfo",
  "+client|id",
  "+client|list",
];

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
