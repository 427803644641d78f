// The Docker API of a stack's host, for commands that look at containers and volumes.

import type Docker from "dockerode";
import { labels } from "../../lib/docker/labels.ts";
import { launcher } from "../../lib/launcher.ts";
import { DockerHost } from "../../provider/docker/docker-host.ts";
import { UserError } from "./errors.ts";
import { requireDocker } from "./remote/remote-host.ts";

export { labels };

/** Filter for the API: everything of a system, or of one of its environments. */
export function labelFilter(system: string, environment?: string): string {
  const wanted = [`${labels.system}=${system}`];
  if (environment !== undefined) wanted.push(`${labels.environment}=${environment}`);
  return JSON.stringify({ label: wanted });
}

/** The value, or undefined where Docker says that there is no such thing. */
export async function found<T>(question: Promise<T>): Promise<T | undefined> {
  try {
    return await question;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return undefined;
    throw error;
  }
}

/**
 * Runs `work` with a client for the host and closes its connection afterwards.
 *
 * @param host `unix://…` or `ssh://…`; undefined means the local socket
 * @throws UserError when the host doesn't answer.
 */
export async function withDocker<T>(
  host: string | undefined,
  work: (docker: Docker) => Promise<T>,
): Promise<T> {
  if (host?.startsWith("ssh://")) await requireDocker(host);
  const connection = new DockerHost(host);
  try {
    const docker = await connection.docker();
    await docker.ping();
    return await work(docker);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ECONNREFUSED" || code === "EACCES") {
      throw new UserError(
        `Docker does not answer at ${connection.host}: ${(error as Error).message}`,
        `run \`${launcher()} setup --check\``,
      );
    }
    throw error;
  } finally {
    connection.close();
  }
}
