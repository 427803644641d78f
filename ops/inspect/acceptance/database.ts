// An environment's database, asked with the login that its application has: how a query is answered, and from where.
import { exec } from "../../../provider/docker/containers.ts";
import { type Container, secretVariables } from "../verify/environments.ts";
import { queryPostgres, type ServerAddress } from "../verify/servers.ts";
import type { Trial } from "./trial.ts";

/** The application's way to its database. The login is never to be printed. */
export interface AppDatabase {
  query(sql: string): Promise<Record<string, unknown>[]>;
}

/** What a run of a query took. */
export interface QueryRun {
  /** Time that the server worked on it, without the way there. */
  milliseconds: number;
  /** Blocks that it found in the server's memory, and that it had to read. */
  fromMemory: number;
  read: number;
  rows: number;
}

/** @returns undefined where the system names no query @throws Error where the service has no such variable */
export async function databaseOf(trial: Trial): Promise<AppDatabase | undefined> {
  const [service] = trial.services;
  const variable = trial.acceptance.query?.variable;
  if (service === undefined || variable === undefined) return undefined;
  const text = (await secretVariables(trial.docker, service))[variable] ?? "";
  if (!URL.canParse(text)) throw new Error(`${service.component} has no database URL in ${variable}`);
  const login = new URL(text);
  const at = await addressOf(trial, service, login);
  const database = decodeURIComponent(login.pathname.slice(1));
  return { query: (sql) => queryPostgres(at, login, database, sql) };
}

/** A server in a container by its address, for only containers resolve its name; any other as the URL has it. */
async function addressOf(trial: Trial, service: Container, login: URL): Promise<ServerAddress> {
  const port = Number(login.port) || 5432;
  const server = trial.containers.find(({ name, running }) => running && name === login.hostname);
  const address = Object.values(server?.addresses ?? {}).find((one) => one !== "");
  if (address !== undefined) return { host: address, port };
  const mode = login.searchParams.get("sslmode") ?? "disable";
  if (mode === "disable") return { host: login.hostname, port };
  const file = login.searchParams.get("sslrootcert");
  const ca = file === null ? {} : { ca: await contentOf(trial, service, file) };
  return { host: login.hostname, port, ssl: { rejectUnauthorized: mode === "verify-full", ...ca } };
}

async function contentOf({ docker }: Trial, { id, component }: Container, file: string): Promise<string> {
  const { exitCode, stdout, output } = await exec(docker, id, ["cat", file]);
  if (exitCode !== 0) throw new Error(`${component} can't read ${file}: ${output.trim()}`);
  return stdout;
}

interface Plan {
  "Actual Rows"?: number;
  "Shared Hit Blocks"?: number;
  "Shared Read Blocks"?: number;
}

/** Runs the query for what it takes; its rows stay on the server. */
export async function runQuery(database: AppDatabase, sql: string): Promise<QueryRun> {
  const [row] = await database.query(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${sql}`);
  const [result] = (row?.["QUERY PLAN"] ?? []) as { Plan: Plan; "Execution Time": number }[];
  if (result === undefined) throw new Error("the server gave no plan");
  return {
    milliseconds: result["Execution Time"],
    fromMemory: result.Plan["Shared Hit Blocks"] ?? 0,
    read: result.Plan["Shared Read Blocks"] ?? 0,
    rows: result.Plan["Actual Rows"] ?? 0,
  };
}
