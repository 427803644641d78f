// A Docker host on another machine: whether it answers, and what must stand between it and here while the engine runs.
import { mkdirSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { sharedConnection, sshByHand } from "../../../lib/ssh.ts";
import { askDaemon, type DaemonAnswer } from "../../../setup/docker-daemon.ts";
import { UserError } from "../errors.ts";
import { openForward } from "./ssh-forward.ts";
import { type HeldConnection, holdConnection } from "./ssh-process.ts";

/** What leads from a port of this machine to Postgres on its Docker host. */
export interface ForwardedPort {
  /** The Docker host, `ssh://user@host:port`. */
  host: string;
  localPort: number;
  remotePort: number;
}

/** What Docker answers there. @throws UserError when it doesn't: why, and the command to try. */
export async function requireDocker(host: string): Promise<DaemonAnswer> {
  const answer = await askDaemon(host);
  if ("version" in answer) return answer;
  throw new UserError(
    `Docker does not answer at ${answer.detail}`,
    answer.fix ?? `try it by hand: ${sshByHand(host)}`,
  );
}

/**
 * One connection for the many that the Docker provider opens, up to one per resource at the same time: sshd turns some
 * of them away where more than ten log in at once (MaxStartups). The provider's ssh finds it by its socket; where there
 * is none, as under plain `pulumi`, each logs in by itself.
 *
 * @returns undefined where it could not be opened; what follows works without it, or fails with a reason of its own.
 */
async function openShared(host: string): Promise<HeldConnection | undefined> {
  // ssh takes the home folder from the user database, whatever HOME says.
  mkdirSync(join(userInfo().homedir, ".ssh"), { recursive: true, mode: 0o700 });
  return await holdConnection({
    host,
    // `auto`: of two runs at once the second one joins the first, and each keeps it open as long as it needs it.
    settings: { ControlMaster: "auto", ControlPath: sharedConnection(host), ControlPersist: "no" },
  }).catch(() => undefined);
}

/**
 * Keeps the way to the stack's Docker host and Postgres open while `work` runs, where they are on another machine.
 *
 * @throws UserError when it can't be opened; what `work` throws. It is closed in any case.
 */
export async function withRemoteHost<T>(
  forward: ForwardedPort | undefined,
  work: () => Promise<T>,
): Promise<T> {
  if (forward === undefined) return await work();
  const { host } = forward;
  const onLost = (reason: string) =>
    process.stderr.write(`tandem: the connection to ${host} was lost: ${reason}\n`);
  const shared = openShared(host);
  try {
    const open = await openForward({ ...forward, onLost });
    try {
      await shared;
      return await work();
    } finally {
      await open.close();
    }
  } finally {
    await (await shared)?.release();
  }
}
