// A client of a server, such as psql: from the server's own image, in a one-off container on the server's network, with its
// password in a file that it alone can read.
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import type Docker from "dockerode";
import { inspect } from "../../../provider/docker/containers.ts";
import { found } from "../docker-client.ts";
import { UserError } from "../errors.ts";
import { output, placeOf } from "../place.ts";
import { plainSetting } from "../project.ts";
import type { Session } from "../session.ts";
import type { StateResource } from "../state/backend.ts";
import type { DatabaseAccess } from "../state/logins.ts";
import { upCommand } from "../systems.ts";

/** Where a client runs: from which image, on which networks. */
export interface ClientPlace {
  image: string;
  networks: string[];
  /** Name of the server's container; undefined where it is managed. */
  server: string | undefined;
}

/** Networks of the environment's own containers, as its state has them. */
function networksOf(resources: readonly StateResource[], { project, stack }: Session): string[] {
  const place = placeOf(project.name, stack, { resources: [...resources] });
  const joined = place
    .of("container")
    .flatMap(({ inputs }) => (inputs?.networksAdvanced ?? []) as { name?: unknown }[]);
  const own = place.of("network").map((network) => output(network, "name"));
  return [...new Set([...own, ...joined.flatMap(({ name }) => (typeof name === "string" ? [name] : []))])];
}

/**
 * Beside a server in a container.
 *
 * @throws UserError when the server doesn't run.
 */
export async function besideServer(
  docker: Docker,
  session: Session,
  resources: readonly StateResource[],
  container: string,
): Promise<ClientPlace> {
  const facts = await inspect(docker, container);
  if (facts?.State.Running !== true) {
    const { project, stack } = session;
    throw new UserError(
      `the server of ${stack} does not run`,
      `bring it up: \`${upCommand(project, stack)}\``,
    );
  }
  const joined = Object.keys(facts.NetworkSettings.Networks);
  // A shared server stands in the networks of others, too.
  const common = networksOf(resources, session).filter((network) => joined.includes(network));
  return { image: facts.Image, networks: common.slice(0, 1), server: facts.Name.replace(/^\//, "") };
}

/**
 * Beside the environment's containers, for a server that somebody else runs.
 *
 * @throws UserError when the host has no image with the client.
 */
export async function besideServices(
  docker: Docker,
  session: Session,
  resources: readonly StateResource[],
  { managed, database, logins }: DatabaseAccess,
): Promise<ClientPlace> {
  const { project, file, stack } = session;
  const reference = plainSetting(project, file, "postgresImage");
  const image = reference === undefined ? undefined : await found(docker.getImage(reference).inspect());
  if (image === undefined) {
    const { host = "", port = "" } = managed ?? {};
    throw new UserError(
      `${stack}'s database is on a managed server, and its Docker host has no image with a psql` +
        (reference === undefined ? "" : ` (postgresImage is ${reference})`),
      `pull that image there, or use a psql of your own: psql "host=${host} port=${port} dbname=${database} user=${logins.app?.username ?? ""}"`,
    );
  }
  const networks = networksOf(resources, session).slice(0, 1);
  return { image: image.Id, networks, server: undefined };
}

/** The certificates that sign a managed server's, where they aren't public. */
export function certificatesOf({ project }: Session, { managed }: DatabaseAccess): string | undefined {
  if (managed?.caFile === undefined) return undefined;
  const file = resolve(project.programDirectory, managed.caFile);
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

/** The one that is named, or the only one. @throws UserError when there is none, or a name is needed: with those that are. */
export function chosen<T extends { component: string }>(
  all: readonly T[],
  name: string | undefined,
  { project, stack }: Session,
  kind: string,
): T {
  const known = all.map(({ component }) => component);
  const found =
    name === undefined && all.length === 1 ? all[0] : all.find(({ component }) => component === name);
  if (found !== undefined) return found;
  if (all.length === 0) {
    throw new UserError(
      `the state of ${stack} has no ${kind}`,
      `if its topology has one, bring it up first: \`${upCommand(project, stack)}\``,
    );
  }
  throw new UserError(
    name === undefined ? `${stack} has several: ${known.join(", ")}` : `${stack} has no ${kind} "${name}"`,
    `name one of ${known.join(", ")}`,
    2,
  );
}
