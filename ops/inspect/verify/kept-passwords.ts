// Whether a server keeps a password, found out without telling it: by what it keeps in the password's place, compared here.

import { createHash } from "node:crypto";
import type Docker from "dockerode";
import { SECRETS_DIR } from "../../../lib/docker/writable.ts";
import { keepsPassword } from "../../../lib/kept-password.ts";
import { getFile, getFiles } from "../../../provider/docker/containers.ts";
import { literal, psql } from "../../../provider/postgres/psql.ts";
import type { Login } from "./logins.ts";

/**
 * Would the target's server let the user in with this password?
 *
 * @throws Error where what it keeps can't be read
 */
export async function serverKeeps(
  docker: Docker,
  target: Login,
  user: string,
  password: string,
): Promise<boolean> {
  const container = target.server?.id ?? "";
  if (target.kind === "redis") return redisKeeps(await accessList(docker, container), user, password);
  const pooler = await poolerLogins(docker, container);
  if (pooler !== undefined) return poolerKeeps(pooler, user, password);
  const sql = `SELECT rolpassword FROM pg_catalog.pg_authid WHERE rolname OPERATOR(pg_catalog.=) ${literal(user)} AND rolcanlogin;`;
  const kept = await psql(docker, container, sql);
  return kept !== "" && keepsPassword(kept, password);
}

/** An access list's user with a password's hash, or with none at all. */
export function redisKeeps(list: string, user: string, password: string): boolean {
  const hash = createHash("sha256").update(password).digest("hex");
  return list.split("\n").some((line) => {
    const [word, name, ...rules] = line.trim().split(/\s+/);
    return (
      word === "user" &&
      name === user &&
      rules.includes("on") &&
      (rules.includes("nopass") || rules.includes(`#${hash}`))
    );
  });
}

async function accessList(docker: Docker, container: string): Promise<string> {
  const list = await getFile(docker, container, `${SECRETS_DIR}/users.acl`);
  if (list === undefined) throw new Error(`its container has no ${SECRETS_DIR}/users.acl`);
  return list;
}

/** Content of PgBouncer's list of logins; undefined where the container is none. */
async function poolerLogins(docker: Docker, container: string): Promise<string | undefined> {
  const files = await getFiles(docker, container, SECRETS_DIR);
  return files.get("userlist.txt")?.toString("utf8");
}

/** Passwords stand in it as they are. */
export function poolerKeeps(list: string, user: string, password: string): boolean {
  const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
  return list.split("\n").includes(`${quote(user)} ${quote(password)}`);
}
