// Clears up after a run that was killed: what it had begun to make and the state doesn't know.
import type Docker from "dockerode";
import { isNotFound } from "../provider/containers.ts";
import type { DockerHost } from "../provider/docker-host.ts";
import { identifier, literal, psql } from "../provider/psql.ts";
import type { StateResource } from "./backend.ts";
import { askEngine, stackFlags } from "./engine.ts";
import { localDeployment, type Session } from "./session.ts";

/** An operation that the engine had begun when it was killed. */
interface PendingOperation {
  type: string;
  resource: StateResource;
}

/** Suffix of a kept database, see provider/kept-database.ts. */
const USER_RELATIONS =
  "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace " +
  "WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg_toast%' " +
  "AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f');";

/**
 * Makes the stack fit for another run if the last one was killed. The engine writes down what it begins, so whatever
 * was made and not recorded stands there by name: containers and networks are removed (they hold no data, their
 * volumes do), roles and databases are dropped if nothing is in them yet. Everything else can be made twice.
 *
 * @returns a line for each thing that was cleared up.
 */
export async function recover(session: Session, host: DockerHost): Promise<string[]> {
  const deployment = localDeployment(session);
  const pending = (deployment?.pending_operations ?? []) as PendingOperation[];
  if (pending.length === 0) return [];
  const docker = await host.docker();
  const known = new Set((deployment?.resources ?? []).map((resource) => resource.id));
  const lines: string[] = [
    `The last run was killed with ${pending.length} operation(s) under way; clearing up.`,
  ];
  for (const { type, resource } of pending.filter((operation) => operation.type === "creating")) {
    const line = await undo(docker, session, resource, known);
    if (line !== undefined) lines.push(line);
    else if (type !== "creating") continue;
  }
  await forget(session);
  return lines;
}

async function undo(
  docker: Docker,
  session: Session,
  resource: StateResource,
  known: ReadonlySet<string | undefined>,
): Promise<string | undefined> {
  const name = String(resource.inputs?.name ?? "");
  switch (resource.type) {
    case "docker:index/container:Container":
      return await removeContainer(docker, session, name, known);
    case "docker:index/network:Network":
      return await removeNetwork(docker, session, name, known);
    case "postgresql:index/role:Role":
      return await dropRole(docker, session, name);
    case "postgresql:index/database:Database":
      return await dropDatabase(docker, session, name);
    default:
      return undefined;
  }
}

function isOurs({ project, stack }: Session, labels: Record<string, string> | undefined): boolean {
  return labels?.["tandem.system"] === project.name && labels["tandem.environment"] === stack;
}

async function removeContainer(
  docker: Docker,
  session: Session,
  name: string,
  known: ReadonlySet<string | undefined>,
): Promise<string | undefined> {
  const container = await found(() => docker.getContainer(name).inspect());
  if (container === undefined || known.has(container.Id) || !isOurs(session, container.Config.Labels))
    return undefined;
  await docker.getContainer(container.Id).remove({ force: true, v: true });
  return `removed the container ${name}, which was made and not recorded`;
}

async function removeNetwork(
  docker: Docker,
  session: Session,
  name: string,
  known: ReadonlySet<string | undefined>,
): Promise<string | undefined> {
  const network = await found(() => docker.getNetwork(name).inspect());
  if (network === undefined || known.has(network.Id) || !isOurs(session, network.Labels)) return undefined;
  await docker.getNetwork(network.Id).remove();
  return `removed the network ${name}, which was made and not recorded`;
}

/** The environment's running Postgres container, if it has one of its own. */
async function postgresContainer(docker: Docker, { project, stack }: Session): Promise<string | undefined> {
  const label = [`tandem.system=${project.name}`, `tandem.environment=${stack}`, "tandem.component=postgres"];
  const [container] = await docker.listContainers({ filters: JSON.stringify({ label }) });
  return container?.Id;
}

/** `DROP ROLE` refuses by itself if the role owns anything. */
async function dropRole(docker: Docker, session: Session, name: string): Promise<string | undefined> {
  const container = await postgresContainer(docker, session);
  if (container === undefined) return undefined;
  const count = await psql(
    docker,
    container,
    `SELECT count(*) FROM pg_roles WHERE rolname = ${literal(name)};`,
  );
  if (count !== "1") return undefined;
  await psql(docker, container, `DROP ROLE ${identifier(name)};`);
  return `dropped the role ${name}, which was made and not recorded`;
}

async function dropDatabase(docker: Docker, session: Session, name: string): Promise<string | undefined> {
  const container = await postgresContainer(docker, session);
  if (container === undefined) return undefined;
  const count = await psql(
    docker,
    container,
    `SELECT count(*) FROM pg_database WHERE datname = ${literal(name)};`,
  );
  if (count !== "1") return undefined;
  const relations = await psql(docker, container, USER_RELATIONS, { database: name });
  if (relations !== "0") {
    return `left the database ${name} alone: it was not recorded, and it holds ${relations} tables or views`;
  }
  await psql(docker, container, `DROP DATABASE ${identifier(name)};`);
  return `dropped the empty database ${name}, which was made and not recorded`;
}

async function found<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Lets the engine drop its notes; the refresh that does it looks at nothing but the stack itself. */
async function forget(session: Session): Promise<void> {
  const { project, stack } = session;
  const root = `urn:pulumi:${stack}::${project.name}::pulumi:pulumi:Stack::${project.name}-${stack}`;
  await askEngine(session, [
    "refresh",
    "--yes",
    "--clear-pending-creates",
    "--target",
    root,
    ...stackFlags(session),
  ]);
}
