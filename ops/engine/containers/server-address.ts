// Where a database's server answers its environment's containers.
import type Docker from "dockerode";
import { inspect } from "../../../provider/docker/containers.ts";
import type { DatabaseAccess } from "../state/logins.ts";

/** Port of Postgres in its container, as components/postgres-server.ts has it. */
const POSTGRES_PORT = "5432";

/** Host and port; the host is empty where the server's container is gone. */
export async function serverAddress(
  docker: Docker,
  { container, managed }: DatabaseAccess,
): Promise<{ host: string; port: string }> {
  if (managed !== undefined) return managed;
  const facts = container === undefined ? undefined : await inspect(docker, container);
  return { host: facts?.Name.replace(/^\//, "") ?? "", port: POSTGRES_PORT };
}
