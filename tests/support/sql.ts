// SQL in a Postgres container as its administrator, in an ordinary session: what a person would type.
import { dockerOk } from "./docker-cli.ts";

/** Runs statements. @returns rows, `|` between columns @throws with the server's words */
export async function sqlIn(container: string, statements: string, database = "postgres"): Promise<string> {
  const psql = ["psql", "-qXAt", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", database];
  return (await dockerOk(["exec", "-i", container, ...psql], statements)).trim();
}
