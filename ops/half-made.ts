// Finds what a run had made when its record ended: by the exact name that the engine had written down, with this
// environment's labels, not in the state, and serving nobody.
import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import { identifier, literal, psql } from "../provider/psql.ts";
import type { StateResource } from "./backend.ts";
import { labelFilter } from "./docker-client.ts";
import type { OpenEnd } from "./open-ends.ts";
import type { Session } from "./session.ts";

/** Something half-made. */
export interface HalfMade {
  /** In words: `container oracle_staging_redis`. */
  what: string;
  /** Its id, where the state would know it by one. */
  id?: string;
  /** Removes it; finding it gone is no error. */
  remove: () => Promise<void>;
}

/** Where to look. */
export interface Surroundings {
  docker: Docker;
  session: Session;
  /** Resources of the state. */
  resources: readonly StateResource[];
  /** Tells what takes its time, and what is left alone. */
  say: (line: string) => void;
}

/** Seconds that a half-made container has to stop. */
const stopSeconds = 10;
/** Seconds that a migration may take which doesn't say otherwise. */
const migrationSeconds = 600;
/** Seconds until a stopped Postgres must answer, and statements of the dead run must have ended. */
const postgresSeconds = 60;

/** The value, or undefined where Docker says that there is no such thing. */
export async function found<T>(question: Promise<T>): Promise<T | undefined> {
  try {
    return await question;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return undefined;
    throw error;
  }
}

function isKnown({ resources }: Surroundings, id: string): boolean {
  return resources.some((resource) => resource.id === id);
}

async function ownContainer(around: Surroundings, name: string): Promise<Docker.ContainerInfo | undefined> {
  const { docker, session } = around;
  const filters = labelFilter(session.project.name, session.stack);
  const containers = await docker.listContainers({ all: true, filters });
  return containers.find(({ Id, Names }) => Names.includes(`/${name}`) && !isKnown(around, Id));
}

/**
 * A container that was never started serves nobody; one that was is this state's where it is on a network of this
 * state. Else it belongs to somebody who keeps a state of his own for the same environment.
 */
function isOfThisState(around: Surroundings, { State, NetworkSettings }: Docker.ContainerInfo): boolean {
  const networks = Object.values(NetworkSettings?.Networks ?? {});
  return State === "created" || networks.some(({ NetworkID }) => isKnown(around, NetworkID));
}

async function findContainer(around: Surroundings, name: string): Promise<HalfMade | undefined> {
  const facts = await ownContainer(around, name);
  if (facts === undefined) return undefined;
  if (!isOfThisState(around, facts)) {
    around.say(`container ${name} is not in the state, and runs on a network that isn't either: left alone`);
    return undefined;
  }
  const container = around.docker.getContainer(facts.Id);
  const remove = async () => {
    if (facts.State === "running") await container.stop({ t: stopSeconds });
    await container.remove({ force: true, v: true });
  };
  return { what: `container ${name}`, id: facts.Id, remove: async () => void (await found(remove())) };
}

/** A migration that still runs is let finish: killed, it could leave a statement half done. */
async function findMigration(
  around: Surroundings,
  { inputs = {} }: StateResource,
): Promise<HalfMade | undefined> {
  const name = String(inputs.containerName ?? "");
  const facts = await ownContainer(around, name);
  if (facts === undefined) return undefined;
  const container = around.docker.getContainer(facts.Id);
  const remove = async () => {
    const seconds = Number(inputs.timeoutSeconds ?? migrationSeconds);
    const deadline = Date.now() + seconds * 1000;
    if (facts.State === "running") around.say(`the migration of an earlier run goes on: waiting for its end`);
    while ((await container.inspect()).State.Running && Date.now() < deadline) await sleep(250);
    await container.remove({ force: true, v: true });
  };
  return { what: `container ${name}`, id: facts.Id, remove: async () => void (await found(remove())) };
}

async function findNetwork(around: Surroundings, name: string): Promise<HalfMade | undefined> {
  const { docker, session } = around;
  const filters = labelFilter(session.project.name, session.stack);
  const facts = (await docker.listNetworks({ filters })).find(
    ({ Name, Id }) => Name === name && !isKnown(around, Id),
  );
  if (facts === undefined) return undefined;
  // Docker refuses where containers are joined to it.
  const remove = async () => void (await found(docker.getNetwork(facts.Id).remove()));
  return { what: `network ${name}`, id: facts.Id, remove };
}

/** Container of the Postgres server that a resource is made on: the one whose administrator the same server has. */
function serverOf({ resources }: Surroundings, resource: StateResource): string | undefined {
  const provider = resource.provider?.slice(0, resource.provider.lastIndexOf("::"));
  const server = resources.find(({ urn }) => urn === provider)?.parent;
  const admin = resources.find(
    ({ type, parent }) => type === "tandem:postgres:AdminPassword" && parent === server,
  );
  const id = admin?.outputs?.containerId;
  return typeof id === "string" ? id : undefined;
}

/** Starts the server if it stands still, and waits until it answers and the dead run's statements have ended. */
async function settled(docker: Docker, server: string): Promise<boolean> {
  const facts = await found(docker.getContainer(server).inspect());
  if (facts === undefined) return false;
  if (!facts.State.Running) await docker.getContainer(server).start();
  const statements =
    "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend' " +
    "AND state = 'active' AND query ~* '^\\s*(create|alter|drop|grant|revoke)';";
  const deadline = Date.now() + postgresSeconds * 1000;
  for (;;) {
    try {
      if ((await psql(docker, server, statements)) === "0") return true;
      if (Date.now() > deadline) return false;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await sleep(250);
  }
}

const userTables =
  "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE " +
  "c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema') " +
  "AND n.nspname NOT LIKE 'pg_toast%';";

/** By object number: a namesake that is made meanwhile is not meant. */
function dropStatement(kind: "DATABASE" | "ROLE", catalog: string, column: string, oid: string): string {
  return `SELECT format('DROP ${kind} %I', ${column}) FROM ${catalog} WHERE oid = ${Number(oid)} \\gexec`;
}

async function findDatabase(around: Surroundings, server: string, name: string) {
  const { docker } = around;
  const oid = await psql(docker, server, `SELECT oid FROM pg_database WHERE datname = ${literal(name)};`);
  if (oid === "") return undefined;
  if ((await psql(docker, server, userTables, { database: name })) !== "0") {
    around.say(`database ${name} is not in the state, and holds tables: left alone`);
    return undefined;
  }
  const drop = dropStatement("DATABASE", "pg_database", "datname", oid);
  return { what: `database ${name} (empty)`, remove: async () => void (await psql(docker, server, drop)) };
}

async function findRole({ docker }: Surroundings, server: string, name: string) {
  const oid = await psql(docker, server, `SELECT oid FROM pg_roles WHERE rolname = ${literal(name)};`);
  if (oid === "") return undefined;
  // Postgres refuses where the login owns anything.
  const drop = dropStatement("ROLE", "pg_authid", "rolname", oid);
  return { what: `database login ${name}`, remove: async () => void (await psql(docker, server, drop)) };
}

/** Types that are looked for, by whether a broken creation can leave them behind. */
const traceable = [
  ...["docker:index/container:Container", "docker:index/network:Network", "tandem:docker:Migration"],
  ...["postgresql:index/database:Database", "postgresql:index/role:Role"],
];

/** Can the operation have left something behind that would be looked for? */
export function isTraceable({ type, resource }: OpenEnd): boolean {
  if (resource.type === "tandem:docker:Migration") return type === "creating" || type === "updating";
  return type === "creating" && traceable.includes(resource.type);
}

/**
 * Looks for what an operation left behind.
 *
 * @returns undefined where there is nothing, or it isn't this state's.
 */
export async function findHalfMade(around: Surroundings, openEnd: OpenEnd): Promise<HalfMade | undefined> {
  if (!isTraceable(openEnd)) return undefined;
  const { resource } = openEnd;
  const name = String(resource.inputs?.name ?? "");
  switch (resource.type) {
    case "tandem:docker:Migration":
      return await findMigration(around, resource);
    case "docker:index/container:Container":
      return await findContainer(around, name);
    case "docker:index/network:Network":
      return await findNetwork(around, name);
  }
  const server = serverOf(around, resource);
  if (server === undefined || !(await settled(around.docker, server))) return undefined;
  const find = resource.type === "postgresql:index/role:Role" ? findRole : findDatabase;
  return await find(around, server, name);
}
