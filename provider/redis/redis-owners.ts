// Whose a login or a key prefix on a shared Redis server is: a record that only the server's administrator can write.
//
// It is a user that can't log in and may do nothing, with the owner's name in a selector that allows nothing. So it is
// kept, changed and read like the logins themselves, and outlives a login: the keys below a prefix do, too.
import type Docker from "dockerode";
import { redisCommand } from "./redis-cli.ts";

/** What is owned. */
export interface Owned {
  kind: "login" | "keys";
  /** The login, or the prefix. */
  name: string;
}

/** No login of an environment has a colon in its name. */
const RECORD = "tandem:";

function recordOf({ kind, name }: Owned): string {
  return `${RECORD}${kind}:${name}`;
}

/** Whether a user of the server is such a record. */
export function isRecord(user: string): boolean {
  return user.startsWith(RECORD);
}

/** The owner, `system/environment`, in the lines of ACL LIST; undefined where nobody is. */
export function ownerIn(lines: readonly string[], owned: Owned): string | undefined {
  const line = lines.find((each) => each.startsWith(`user ${recordOf(owned)} `));
  return line === undefined ? undefined : / \(~owner:(\S+) /.exec(line)?.[1];
}

/**
 * Makes all of it the tenant's.
 *
 * @throws if any is somebody else's; nothing is changed then
 */
export async function claim(
  docker: Docker,
  container: string,
  owned: readonly Owned[],
  tenant: string,
): Promise<void> {
  const lines = (await redisCommand(docker, container, ["ACL", "LIST"])) as string[];
  for (const one of owned) {
    const owner = ownerIn(lines, one);
    if (owner === undefined || owner === tenant) continue;
    throw new Error(
      `The ${one.kind === "login" ? "login" : "key prefix"} '${one.name}' on ${container} belongs to ${owner}, not to ` +
        `${tenant}. Give this environment another one; nothing was changed.`,
    );
  }
  const missing = owned.filter((one) => ownerIn(lines, one) === undefined);
  for (const one of missing) {
    const words = ["reset", "off", `(~owner:${tenant})`];
    await redisCommand(docker, container, ["ACL", "SETUSER", recordOf(one), ...words]);
  }
  if (missing.length > 0) await redisCommand(docker, container, ["ACL", "SAVE"]);
}

/** Makes it nobody's. */
export async function release(docker: Docker, container: string, owned: Owned): Promise<void> {
  await redisCommand(docker, container, ["ACL", "DELUSER", recordOf(owned)]);
  await redisCommand(docker, container, ["ACL", "SAVE"]);
}
