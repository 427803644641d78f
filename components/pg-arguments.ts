// What is checked of a database's and a Postgres server's arguments before anything is made.
import { identifier, nameWith, port, whole, word } from "../lib/docker/values.ts";
import { ArgumentChecks } from "./argument-checks.ts";
import type { PgDatabaseArgs } from "./pg-database.ts";
import type { PostgresServerArgs } from "./postgres-server.ts";

/** Postgres' own bound of max_connections. */
const MOST_CONNECTIONS = 262_143;

/** @throws pulumi.RunError with all that is wrong */
export function rejectBadDatabase(name: string, { env, server, pooler, ...args }: PgDatabaseArgs): void {
  const checks = new ArgumentChecks("PgDatabase", name)
    .optional("database", args.database, identifier)
    .optional("connectionLimit", args.connectionLimit, whole(-1, MOST_CONNECTIONS));
  checks
    .each("logins", Object.values(args.logins ?? {}), identifier)
    .each("extensions", args.extensions, word)
    .kind("server", server, ["container", "shared", "managed"]);
  if (server?.kind === "shared") {
    checks
      .required("server.container", server.container, nameWith())
      .required("server.hostPort", server.hostPort, port)
      .port("server.forwardPort", server.forwardPort);
  }
  if (server?.kind === "managed") checks.port("server.port", server.port);
  if (pooler === null || (pooler !== undefined && typeof pooler !== "object")) {
    checks.add("pooler", "must have image and limits");
  } else if (pooler !== undefined) {
    checks
      .name(env.name(pooler.role ?? "pgbouncer"))
      .container({ image: pooler.image ?? null, limits: pooler.limits })
      .optional("pooler.poolSize", pooler.poolSize, whole(1, 100_000))
      .optional("pooler.maxClients", pooler.maxClients, whole(1, 1_000_000))
      .optional("pooler.maxPreparedStatements", pooler.maxPreparedStatements, whole(0, 1_000_000));
  }
  checks.done();
}

/** @throws pulumi.RunError with all that is wrong */
export function rejectBadServer(name: string, args: PostgresServerArgs): void {
  const { env, image, limits, role = "postgres", volumeRole = "pgdata" } = args;
  new ArgumentChecks("PostgresServer", name)
    .name(env.name(role))
    .name(env.name(volumeRole))
    .container({ image: image ?? null, limits })
    .required("hostPort", args.hostPort, port)
    .port("forwardPort", args.forwardPort)
    .optional("maxConnections", args.maxConnections, whole(1, MOST_CONNECTIONS))
    .done();
}
