// Where a database lives: on a server of the environment's own, on one of the stack `shared`, or on one that is managed.
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { Provider as PostgresProvider } from "@pulumi/postgresql/provider.js";
import * as pulumi from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random/randomPassword.js";
import { port as portCheck, word } from "../lib/docker/values.ts";
import { SECRETS_DIR } from "../lib/docker/writable.ts";
import { types } from "../lib/resource-types.ts";
import { EnvironmentAdmin } from "../provider/shared-sdk.ts";
import { checkedArgument, checkedDefault } from "./checked-inputs.ts";
import { takeShare } from "./database-names.ts";
import type { Environment } from "./environment.ts";
import { loopbackProvider } from "./loopback-provider.ts";
import type { BroughtProviders } from "./pg-arguments.ts";
import { PostgresServer, type PostgresServerArgs, type SharedPostgres } from "./postgres-server.ts";
import { type ConnectionLimits, connectionLimits } from "./postgres-tuning.ts";
import { broughtProviders } from "./providers.ts";

/** A server of this environment's own, in a container. */
export type ContainerServer = { kind: "container" } & Omit<PostgresServerArgs, "env">;

/** A `PostgresServer` that the program makes in this environment: for several databases on one server. */
export interface OwnServer {
  kind: "own";
  /** The server. */
  server: PostgresServer;
}

/** A server of the stack `shared`: what that stack hands out. Postgres 16 or newer. */
export type SharedServer = { kind: "shared" } & SharedPostgres & {
    /** How many databases of this environment are on it: they divide its part of the connections. @default 1 */
    databases?: number;
    /** Port on this machine that leads to `hostPort`, where the Docker host is another machine. @default hostPort */
    forwardPort?: number;
  };

/** A server that somebody else runs. The login needs CREATEDB and CREATEROLE, and no more. */
export interface ManagedServer {
  kind: "managed";
  /** Name or address, for the containers, and for the engine unless it has a provider that the program brings. */
  host: pulumi.Input<string>;
  /** @default 5432 */
  port?: pulumi.Input<number>;
  /**
   * The administrator's login. @default that of the postgresql.Provider which the program brings in `providers`, of the database
   * or its environment
   */
  username?: pulumi.Input<string>;
  /** The administrator's password. It comes with `username`. */
  password?: pulumi.Input<string>;
  /** Database that the administrator connects to; the brought provider names its own. @default "postgres" */
  adminDatabase?: pulumi.Input<string>;
  /**
   * `verify-full` checks the server's certificate and name, `require` encrypts only, `disable` is for a server on the
   * same machine. @default "verify-full"
   */
  sslmode?: "verify-full" | "require" | "disable";
  /** File with the certificates (PEM) that sign the server's, where they aren't public. @default the public ones */
  caFile?: string;
}

/** Where a database lives. */
export type PgServer = ContainerServer | OwnServer | SharedServer | ManagedServer;

/** What a database needs to know of the server that it is made on. */
export interface ServerHandle {
  /** Host and port for clients. */
  host: pulumi.Input<string>;
  port: pulumi.Input<number>;
  provider: pulumi.ProviderResource;
  /** Role by which the config releases its data. */
  role: string;
  /** What must exist before anything is made on the server. */
  ready: pulumi.Resource[];
  /** The server's container, where there is one to reach: only then can a database that outlived its stack come back. */
  containerId?: pulumi.Input<string>;
  /** Its image, where it is this environment's own. */
  imageId?: pulumi.Output<string>;
  /** Whose the database is, on a server with databases of others. */
  tenant?: string;
  /** What the logins may hold of its connections, on a server with databases of others. */
  connections?: ConnectionLimits;
  /** Networks that clients must join. */
  networks: pulumi.Input<string>[];
  /** How clients must encrypt; undefined inside the networks of one Docker host. */
  tls?: { sslmode: string; ca?: string };
}

/** Role of the data on a server that isn't this environment's. */
const ROLE = "postgres";
/** Where clients find the certificates that sign a managed server's. */
export const CA_PATH = `${SECRETS_DIR}/postgres-ca.pem`;

/**
 * Makes or reaches a server.
 *
 * @param database for the name of the administrator's role on a shared one
 * @param brought what a managed one without a login is administered with
 */
export function reachServer(
  parent: pulumi.ComponentResource,
  name: string,
  env: Environment,
  server: PgServer,
  database: string,
  brought?: pulumi.ProviderResource,
): ServerHandle {
  switch (server.kind) {
    case "container": {
      const { kind: _, ...args } = server;
      return ownHandle(new PostgresServer(`${name}-server`, { env, ...args }, { parent }));
    }
    case "own":
      return ownHandle(server.server);
    case "shared":
      return reachShared(parent, name, env, server, database);
    case "managed":
      return reachManaged(parent, name, server, brought);
  }
}

function ownHandle(server: PostgresServer): ServerHandle {
  const { host, port, provider, ready, containerId, imageId, role } = server;
  return { host, port, provider, ready, containerId, imageId, role, networks: [] };
}

/**
 * The environment gets a role on the shared server that may make databases and roles, and has no power over those that
 * others made. The role's password is this environment's own; the server's administrator acts by `docker exec` only.
 */
function reachShared(
  parent: pulumi.ComponentResource,
  name: string,
  env: Environment,
  server: SharedServer,
  database: string,
): ServerHandle {
  const network = sharedNetwork(env, server, "Postgres server");
  const tenant = `${env.system}/${env.environment}`;
  const username = `${database}_admin`;
  const password = new RandomPassword(`${name}-admin-password`, { length: 32, special: false }, { parent })
    .result;
  const admin = new EnvironmentAdmin(
    `${name}-admin`,
    { container: server.container, role: username, password, tenant },
    { parent },
  );
  const adminPort = server.forwardPort ?? server.hostPort;
  const provider = loopbackProvider(parent, name, { port: adminPort, username, password, superuser: false });
  const { container: host, port, maxConnections = 100, databases = 1 } = server;
  takeShare(env, name, host, databases);
  const connections = connectionLimits(maxConnections, Object.keys(server.networks).length * databases);
  return {
    host,
    port,
    provider,
    role: ROLE,
    ready: [admin],
    containerId: host,
    tenant,
    connections,
    networks: [network],
  };
}

/** The network through which an environment reaches something of the stack `shared`. @throws RunError if it isn't served. */
export function sharedNetwork(
  env: Environment,
  { container, networks }: { container: string; networks: Record<string, string> },
  what: string,
): string {
  const network = networks[env.environment];
  if (network !== undefined) return network;
  const served = Object.keys(networks).join(", ") || "none";
  throw new pulumi.RunError(
    `The shared ${what} ${container} doesn't serve '${env.environment}' (it serves ${served}). ` +
      "To do: add it to `environments` in Pulumi.shared.yaml and bring that stack up.",
  );
}

function reachManaged(
  parent: pulumi.ComponentResource,
  name: string,
  server: ManagedServer,
  brought: pulumi.ProviderResource | undefined,
): ServerHandle {
  const { sslmode = "verify-full", caFile } = server;
  const component = `PgDatabase '${name}'`;
  const host = checkedArgument(component, "server.host", server.host, word);
  const port = checkedDefault(component, "server.port", server.port, portCheck, 5432);
  const ca = caFile === undefined ? {} : { ca: readCertificates(caFile) };
  const tls = sslmode === "disable" ? {} : { tls: { sslmode, ...ca } };
  const provider = brought ?? managedProvider(parent, name, { ...server, host, port });
  return { host, port, provider, role: ROLE, ready: [], networks: [], ...tls };
}

function managedProvider(
  parent: pulumi.ComponentResource,
  name: string,
  server: ManagedServer,
): PostgresProvider {
  const { host, port, username, password = "", sslmode = "verify-full", caFile } = server;
  return new PostgresProvider(
    `${name}-provider`,
    {
      host,
      port,
      username,
      password: pulumi.secret(password),
      database: server.adminDatabase ?? "postgres",
      sslmode,
      // Relative to the folder that the engine runs in, so that it is the same on each machine.
      sslrootcert: caFile === undefined ? undefined : relative(process.cwd(), caFile),
      superuser: false,
      connectTimeout: 30,
    },
    { parent },
  );
}

function readCertificates(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new pulumi.RunError(
      `PgDatabase: can't read the certificates in ${file} (${(error as NodeJS.ErrnoException).code}). ` +
        "To do: name a PEM file with the certificates that your provider publishes.",
    );
  }
}

/** Providers for Postgres that the database, its parent or its environment is given. */
export function postgresProviders(
  env: Environment,
  opts?: pulumi.ComponentResourceOptions,
): BroughtProviders {
  const inherited = opts?.parent?.getProvider(types.role) ?? env.getProvider(types.role);
  return { own: broughtProviders(opts).postgresql, inherited };
}

/** What a server without a login of its own is administered with. */
export function administrator(server: PgServer, { own, inherited }: BroughtProviders) {
  return server.kind === "managed" && server.username === undefined ? (own ?? inherited) : undefined;
}
