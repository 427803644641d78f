// Clears up after a run that was killed: what it was making when it died exists, but the state doesn't know it.
//
// The engine writes down what it is about to make, and forgets it at the next run. Whatever bears the exact name that
// was written down, carries this environment's labels and is not in the state, is half-made: a container without its
// files, a network without members, a database without tables. It is removed, and made again by the run that follows.
// Nothing else is touched: what merely looks left over may belong to somebody whose state is elsewhere.
import type Docker from "dockerode";
import { identifier, literal, psql } from "../provider/psql.ts";
import type { Deployment, StateResource } from "./backend.ts";
import { labels, withDocker } from "./docker-client.ts";
import { dockerHostOf, type Session } from "./session.ts";
import { exportStack, importStack } from "./state-transfer.ts";

/** Work that was under way when the engine died. */
export interface PendingOperation {
  type: string;
  resource: StateResource;
}

/** Types whose making can be repeated, once what is half-made is gone. Of others the engine itself warns. */
const repeatable = ["docker:index/container:", "docker:index/network:", "docker:index/volume:"].concat([
  "docker:index/remoteImage:",
  "tandem:",
  "random:",
  "postgresql:",
  "pulumi:",
]);

/** Seconds that a half-made container has to stop. */
const stopSeconds = 10;

/** Can the run that follows simply do it again? */
export function canRepeat({ type, resource }: PendingOperation): boolean {
  return type !== "creating" || repeatable.some((prefix) => resource.type.startsWith(prefix));
}

function nameOf({ resource }: PendingOperation): string | undefined {
  const name = resource.inputs?.name;
  return typeof name === "string" && name !== "" ? name : undefined;
}

interface Surroundings {
  docker: Docker;
  session: Session;
  deployment: Deployment;
  knownIds: ReadonlySet<string>;
}

function isOurs(
  { session, knownIds }: Surroundings,
  id: string,
  marks: Record<string, string> = {},
): boolean {
  return (
    marks[labels.system] === session.project.name &&
    marks[labels.environment] === session.stack &&
    !knownIds.has(id)
  );
}

/** The value, or undefined where Docker says that there is no such thing. */
async function found<T>(question: Promise<T>): Promise<T | undefined> {
  try {
    return await question;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return undefined;
    throw error;
  }
}

async function removeContainer(around: Surroundings, name: string): Promise<string | undefined> {
  const container = around.docker.getContainer(name);
  const facts = await found(container.inspect());
  if (facts === undefined || !isOurs(around, facts.Id, facts.Config.Labels)) return undefined;
  if (facts.State.Running) await container.stop({ t: stopSeconds });
  await container.remove({ force: true, v: true });
  return `container ${name}`;
}

async function removeNetwork(around: Surroundings, name: string): Promise<string | undefined> {
  const network = around.docker.getNetwork(name);
  const facts = (await found(network.inspect())) as Docker.NetworkInspectInfo | undefined;
  if (facts === undefined || !isOurs(around, facts.Id, facts.Labels)) return undefined;
  // Docker refuses where containers are joined to it.
  await network.remove();
  return `network ${name}`;
}

/** Container of the Postgres server that a resource is made on: the one whose administrator the same server has. */
function serverOf({ deployment }: Surroundings, resource: StateResource): string | undefined {
  const resources = deployment.resources ?? [];
  const provider = resource.provider?.slice(0, resource.provider.lastIndexOf("::"));
  const server = resources.find(({ urn }) => urn === provider)?.parent;
  const admin = resources.find(
    ({ type, parent }) => type === "tandem:postgres:AdminPassword" && parent === server,
  );
  const id = admin?.outputs?.containerId;
  return typeof id === "string" ? id : undefined;
}

const userRelations =
  "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r','p','v','m','S','f') " +
  "AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg_toast%';";

async function dropDatabase(around: Surroundings, server: string, name: string): Promise<string | undefined> {
  const { docker } = around;
  const known = `SELECT count(*) FROM pg_database WHERE datname = ${literal(name)};`;
  if ((await psql(docker, server, known)) !== "1") return undefined;
  const relations = await psql(docker, server, userRelations, { database: name });
  if (relations !== "0") throw new Error(`database ${name} holds ${relations} tables or views: left alone`);
  await psql(docker, server, `DROP DATABASE ${identifier(name)};`);
  return `database ${name} (empty)`;
}

async function dropRole(around: Surroundings, server: string, name: string): Promise<string | undefined> {
  const { docker } = around;
  const known = `SELECT count(*) FROM pg_roles WHERE rolname = ${literal(name)};`;
  if ((await psql(docker, server, known)) !== "1") return undefined;
  // Postgres refuses where the login owns anything.
  await psql(docker, server, `DROP ROLE ${identifier(name)};`);
  return `database login ${name}`;
}

async function removeHalfMade(
  around: Surroundings,
  operation: PendingOperation,
): Promise<string | undefined> {
  const name = nameOf(operation);
  if (operation.type !== "creating" || name === undefined) return undefined;
  const { resource } = operation;
  switch (resource.type) {
    case "docker:index/container:Container":
      return await removeContainer(around, name);
    case "docker:index/network:Network":
      return await removeNetwork(around, name);
    case "postgresql:index/database:Database":
    case "postgresql:index/role:Role": {
      const server = serverOf(around, resource);
      if (server === undefined) return undefined;
      const drop = resource.type === "postgresql:index/role:Role" ? dropRole : dropDatabase;
      return await drop(around, server, name);
    }
    default:
      return undefined;
  }
}

/**
 * Clears up what a killed run left half-made, and takes it off the engine's list.
 *
 * @param deployment the stack's state as it is
 * @param say told of each thing that was removed, and of what could not be
 */
export async function recover(
  session: Session,
  deployment: Deployment,
  say: (line: string) => void,
): Promise<void> {
  const pending = (deployment.pending_operations ?? []) as PendingOperation[];
  if (pending.length === 0) return;
  const knownIds = new Set((deployment.resources ?? []).flatMap(({ id }) => id ?? []));
  const cleared = new Set<string>();
  await withDocker(dockerHostOf(session.project, session.file), async (docker) => {
    for (const operation of pending) {
      const { urn } = operation.resource;
      try {
        const removed = await removeHalfMade({ docker, session, deployment, knownIds }, operation);
        if (removed !== undefined)
          say(`an earlier run died while it made ${removed}: removed, to be made again`);
        if (canRepeat(operation)) cleared.add(urn);
      } catch (error) {
        // The run that follows may still find its way; if not, its error names the same thing.
        const reason = error instanceof Error ? error.message : String(error);
        say(`an earlier run died at ${urn}; what it left could not be cleared up: ${reason}`);
      }
    }
  });
  if (cleared.size === 0) return;
  const exported = await exportStack(session);
  const left = ((exported.deployment.pending_operations ?? []) as PendingOperation[]).filter(
    ({ resource }) => !cleared.has(resource.urn),
  );
  await importStack(session, {
    ...exported,
    deployment: { ...exported.deployment, pending_operations: left },
  });
}
