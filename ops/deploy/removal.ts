// The command that removes a container which no state knows. It is printed for people to run, so it must never take away
// what serves: of a container that runs beside something that serves, nobody can tell from outside whether it is needed.
import type Docker from "dockerode";
import { containerName } from "./serving.ts";

/**
 * @param serving what serves on the host, by name
 * @returns undefined where no command may be offered
 */
export function removalOf(
  container: Docker.ContainerInfo,
  serving: ReadonlyMap<string, string>,
): string | undefined {
  const name = containerName(container);
  // Without force: by the time it is typed, somebody may have started it.
  if (!["running", "restarting", "paused"].includes(container.State)) return `docker rm ${name}`;
  return serving.size > 0 ? undefined : `docker stop ${name} && docker rm ${name}`;
}
