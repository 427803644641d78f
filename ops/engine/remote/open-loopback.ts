// Warns, once per host and run, where machines on the Docker host's network segment reach its ports on 127.0.0.1.
import { type DaemonAnswer, defaultDockerHost } from "../../../setup/docker-daemon.ts";
import { loopbackWarning } from "../../../setup/loopback-warning.ts";
import { say } from "../say.ts";

const told = new Set<string>();

/**
 * Looks, and says it on standard error.
 *
 * @param dockerHost the stack's; undefined for this machine's own
 * @param answer the daemon's, where it was asked just now
 */
export async function tellOpenLoopback(dockerHost: string | undefined, answer?: DaemonAnswer): Promise<void> {
  const host = dockerHost ?? defaultDockerHost();
  if (told.has(host)) return;
  told.add(host);
  for (const line of await loopbackWarning(host, answer)) say(line);
}
