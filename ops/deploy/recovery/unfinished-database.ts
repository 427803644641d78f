// Finds databases and logins that a run had made when its record ended, on a Postgres server of the environment's own.

import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import { types } from "../../../lib/resource-types.ts";
import { identifier, literal, psql, psqlJson } from "../../../provider/postgres/psql.ts";
import { found } from "../../engine/docker-client.ts";
import type { StateResource } from "../../engine/state/backend.ts";
import type { Surroundings, Unfinished } from "./unfinished.ts";

/** Seconds until a stopped server must answer, and statements of the dead run must have ended. */
const patienceSeconds = 60;

/** Container of the Postgres server that a resource is made on: the one whose administrator the same server has. */
function serverOf({ resources }: Surroundings, resource: StateResource): string | undefined {
  const provider = resource.provider?.slice(0, resource.provider.lastIndexOf("::"));
  const server = resources.find(({ urn }) => urn === provider)?.parent;
  const admin = resources.find(({ type, parent }) => type === types.admin && parent === server);
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
    "AND state = 'active' AND query ~* '^[[:space:]]*(create|alter|drop|grant|revoke)';";
  const deadline = Date.now() + patienceSeconds * 1000;
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
  "AND NOT starts_with(n.nspname, 'pg_toast');";

/** Drops it by object number: a namesake that was made meanwhile is not meant, one that was renamed is. */
async function dropByNumber(
  { docker, server }: { docker: Docker; server: string },
  kind: "DATABASE" | "ROLE",
  oid: string,
): Promise<void> {
  const [catalog, column] = kind === "DATABASE" ? ["pg_database", "datname"] : ["pg_authid", "rolname"];
  const sql = `SELECT to_json(${column}) FROM ${catalog} WHERE oid = ${Number(oid)};`;
  const name = await psqlJson<string>(docker, server, sql);
  if (name !== undefined) await psql(docker, server, `DROP ${kind} ${identifier(name)};`);
}

/** A database or login goes by its name. */
const isRecorded = (kind: string, name: string) => (resources: readonly StateResource[]) =>
  resources.some(({ type, inputs }) => type === kind && inputs?.name === name);

/** The server's container, ready to be asked; undefined where it isn't the environment's own, or is gone. */
async function readyServer(around: Surroundings, resource: StateResource): Promise<string | undefined> {
  const server = serverOf(around, resource);
  return server !== undefined && (await settled(around.docker, server)) ? server : undefined;
}

/** The database that a resource stands for, if it is there and nothing is in it. */
export async function findDatabase(
  around: Surroundings,
  resource: StateResource,
): Promise<Unfinished | undefined> {
  const { docker, say } = around;
  const name = String(resource.inputs?.name ?? "");
  const recorded = isRecorded(resource.type, name);
  if (recorded(around.resources)) return undefined;
  const server = await readyServer(around, resource);
  if (server === undefined) return undefined;
  const oid = await psql(docker, server, `SELECT oid FROM pg_database WHERE datname = ${literal(name)};`);
  if (oid === "") return undefined;
  if ((await psql(docker, server, userTables, { database: name })) !== "0") {
    say(`database ${name} is not in the state, and holds tables: left alone`);
    return undefined;
  }
  const remove = () => dropByNumber({ docker, server }, "DATABASE", oid);
  return { what: `database ${name} (empty)`, isRecorded: recorded, remove };
}

/** The login that a resource stands for, if it is there. Postgres refuses to drop one that owns anything. */
export async function findRole(
  around: Surroundings,
  resource: StateResource,
): Promise<Unfinished | undefined> {
  const { docker } = around;
  const name = String(resource.inputs?.name ?? "");
  const recorded = isRecorded(resource.type, name);
  if (recorded(around.resources)) return undefined;
  const server = await readyServer(around, resource);
  if (server === undefined) return undefined;
  const oid = await psql(docker, server, `SELECT oid FROM pg_roles WHERE rolname = ${literal(name)};`);
  if (oid === "") return undefined;
  const remove = () => dropByNumber({ docker, server }, "ROLE", oid);
  return { what: `database login ${name}`, isRecorded: recorded, remove };
}
