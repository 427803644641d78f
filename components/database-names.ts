// Names of databases and of their logins: each is one's in its environment, or on its server.
import * as pulumi from "@pulumi/pulumi";
import { type Check, identifier, shown } from "../lib/docker/values.ts";
import type { Environment } from "./environment.ts";
import { sqlName } from "./names.ts";
import type { PgServer } from "./pg-servers.ts";

/** Whose a name is, by the name. */
type Taken = Map<string, string>;

const databases = new WeakMap<Environment, Taken>();
const logins = new WeakMap<Environment, Map<unknown, Taken>>();
const shares = new WeakMap<Environment, Map<string, string[]>>();

/** Each server has them; what is kept of an earlier stack is renamed, and these can't be. */
const GIVEN = ["postgres", "template0", "template1"];

/** Name of a database that is to be made. */
export const newDatabase: Check = (value) =>
  identifier(value) ??
  (GIVEN.includes(String(value)) ? `is ${shown(value)}, which each server has` : undefined);

/** Name of a login that is to be made. */
export const newLogin: Check = (value) =>
  identifier(value) ??
  (/^(postgres|public|none|pg_.*)$/.test(String(value))
    ? `is ${shown(value)}, which is Postgres' own`
    : undefined);

/**
 * A database's name: the given one; the usual one for the first of an environment; with its component's name for the others.
 *
 * @throws pulumi.RunError where another one has it: commands tell databases of an environment by their names
 */
export function databaseName(env: Environment, name: string, given: string | undefined): string {
  const all = databases.get(env) ?? new Map<string, string>();
  databases.set(env, all);
  const usual = sqlName(`${env.system}_${env.environment}`);
  const database = given ?? (all.has(usual) ? sqlName(`${usual}_${name}`) : usual);
  take(all, database, `PgDatabase '${name}'`, "database");
  return database;
}

/** Takes the names of a database's logins on its server. @throws pulumi.RunError where another database's login has one */
export function takeLogins(env: Environment, name: string, server: PgServer, names: readonly string[]): void {
  const place = placeOf(server);
  const servers = logins.get(env) ?? new Map<unknown, Taken>();
  logins.set(env, servers);
  const all: Taken = (place === undefined ? undefined : servers.get(place)) ?? new Map<string, string>();
  if (place !== undefined) servers.set(place, all);
  for (const login of names) take(all, login, `PgDatabase '${name}'`, "logins");
}

/** What is the same for databases on one server; undefined for one of the database's own. */
function placeOf(server: PgServer): unknown {
  if (server.kind === "own") return server.server;
  if (server.kind === "shared") return `container ${server.container}`;
  return server.kind === "managed" ? server.host : undefined;
}

function take(all: Taken, value: string, component: string, argument: string): void {
  const other = all.get(value);
  if (other !== undefined)
    throw new pulumi.RunError(
      `${component}: ${argument} has '${value}', which ${other} has as well. Give one of them another name.`,
    );
  all.set(value, component);
}

/**
 * Takes one part of what an environment may hold of a shared server's connections.
 *
 * @param parts into how many the topology divides it
 * @throws pulumi.RunError where there are more databases: they would hold connections of other environments
 */
export function takeShare(env: Environment, name: string, container: string, parts: number): void {
  const all = shares.get(env) ?? new Map<string, string[]>();
  shares.set(env, all);
  const names = [...(all.get(container) ?? []), name];
  all.set(container, names);
  if (names.length > parts)
    throw new pulumi.RunError(
      `PgDatabase '${name}': ${container} is shared with other environments, and this one's part of its connections is for ` +
        `${parts === 1 ? "one database" : `${parts} databases`}. Say \`databases: ${names.length}\` in \`server\` of ${names.join(", ")}.`,
    );
}
