// What is checked of a database's and a Postgres server's arguments before anything is made.
import type * as pulumi from "@pulumi/pulumi";
import { anyText, type Check, identifier, nameWith, port, shown, whole, word } from "../lib/docker/values.ts";
import { ArgumentChecks } from "./argument-checks.ts";
import { isLater } from "./checked-inputs.ts";
import { newDatabase, newLogin } from "./database-names.ts";
import type { PgDatabaseArgs } from "./pg-database.ts";
import { APP_PRIVILEGES } from "./pg-privileges.ts";
import type { ManagedServer } from "./pg-servers.ts";
import type { PostgresServerArgs } from "./postgres-server.ts";
import { libraryName, settingProblem, settingValue } from "./postgres-settings.ts";

/** Postgres' own bound of max_connections. */
const MOST_CONNECTIONS = 262_143;

/** Providers for Postgres that a program brings: in the database's own options, or those of what it is in. */
export interface BroughtProviders {
  own: pulumi.ProviderResource | undefined;
  inherited: pulumi.ProviderResource | undefined;
}

/** A managed server is administered by a login, or by a provider that the program brings. */
function loginProblem(
  { username, password }: ManagedServer,
  { own, inherited }: BroughtProviders,
): string | undefined {
  const login = [username, password].filter((each) => each !== undefined).length;
  if (login === 1) return "has one of username and password; they come together";
  if (login === 2 && own !== undefined)
    return "has username and password, and `providers` one for postgresql; leave one of them out";
  return login === 0 && own === undefined && inherited === undefined
    ? "has no login: give it username and password, or the database a postgresql.Provider in `providers`"
    : undefined;
}

/** Connections that a server accepts. */
export const maxConnectionsCheck = whole(1, MOST_CONNECTIONS);
/** Connections that a login may hold; -1 is no limit. */
export const connectionLimitCheck = whole(-1, MOST_CONNECTIONS);

const privilegeName: Check = (value) =>
  APP_PRIVILEGES.some((each) => each === value)
    ? undefined
    : `is ${shown(value)}; it must be one of ${APP_PRIVILEGES.join(", ")}`;

const schemaName: Check = (value) =>
  identifier(value) ??
  (value === "public" || /^pg_|^information_schema$/.test(String(value))
    ? `is '${String(value)}', which each database has`
    : undefined);

const encodingName: Check = (value) =>
  typeof value === "string" && /^[A-Z][A-Z0-9_]{1,30}$/.test(value)
    ? undefined
    : "must be an encoding by Postgres' name, such as UTF8 or LATIN1";

const localeName: Check = (value) =>
  typeof value === "string" && /^[A-Za-z][\w.@-]{0,62}$/.test(value)
    ? undefined
    : "must be a locale that the server's image has, such as C.UTF-8 or en_US.utf8";

/** A locale of UTF-8, as the default is, goes with that encoding alone. */
function encodingProblem({
  encoding = "UTF8",
  locale = "C.UTF-8",
}: Pick<PgDatabaseArgs, "encoding" | "locale">): string | undefined {
  return ["UTF8", "SQL_ASCII"].includes(encoding) || !/\.utf-?8$/i.test(locale)
    ? undefined
    : `is ${shown(encoding)}, and the locale ${shown(locale)} is one of UTF8; name a locale of that encoding, or C`;
}

/** @throws pulumi.RunError with all that is wrong */
export function rejectBadDatabase(
  name: string,
  { env, server, pooler, ...args }: PgDatabaseArgs,
  brought: BroughtProviders,
  database: string,
): void {
  const checks = new ArgumentChecks("PgDatabase", name)
    .required("database", database, newDatabase)
    .optional("encoding", args.encoding, encodingName)
    .optional("locale", args.locale, localeName)
    .add("encoding", encodingProblem(args))
    .optional("connectionLimit", args.connectionLimit, connectionLimitCheck);
  checks
    .add("login", args.login && (["app", "owner"].includes(args.login) ? undefined : "must be app or owner"))
    .add(
      "initScripts",
      isLater(args.initScripts) ? "must be a list; its texts may come from outputs" : undefined,
    )
    .each("initScripts", args.initScripts, anyText)
    .add(
      "initScripts",
      args.initScripts === undefined || server?.kind === "container" || server?.kind === "own"
        ? undefined
        : "run in the image of a server of the environment's own; use a migration on this one",
    )
    .each("privileges", args.privileges, privilegeName)
    .each("schemas", args.schemas, schemaName)
    .each("logins", Object.values(args.logins ?? {}), newLogin)
    .each("extensions", args.extensions, word)
    .kind("server", server, ["container", "own", "shared", "managed"]);
  if (server?.kind === "own")
    checks.add(
      "server.server",
      server.server?.env === env ? undefined : "is no PostgresServer of this environment",
    );
  if (server?.kind === "shared") {
    checks
      .required("server.container", server.container, nameWith())
      .required("server.hostPort", server.hostPort, port)
      .port("server.forwardPort", server.forwardPort)
      .optional("server.databases", server.databases, whole(1, 1000));
  }
  if (server?.kind === "managed") {
    checks.required("server.host", server.host, word).port("server.port", server.port);
    checks.add("server", loginProblem(server, brought));
  } else if (brought.own !== undefined) {
    checks.add(
      "providers",
      "has one for postgresql, and the database of such a server is made with the server's own",
    );
  }
  if (pooler === null || (pooler !== undefined && typeof pooler !== "object")) {
    checks.add("pooler", "must have image and limits");
  } else if (pooler !== undefined) {
    checks
      .name(env.name(pooler.role ?? `${name}-pgbouncer`))
      .container({ image: pooler.image ?? null, limits: pooler.limits })
      .optional("pooler.poolSize", pooler.poolSize, whole(1, 100_000))
      .optional("pooler.maxClients", pooler.maxClients, whole(1, 1_000_000))
      .optional("pooler.maxPreparedStatements", pooler.maxPreparedStatements, whole(0, 1_000_000));
  }
  checks.done();
}

/** @throws pulumi.RunError with all that is wrong */
export function rejectBadServer(
  name: string,
  args: PostgresServerArgs & { role: string; volumeRole: string },
): void {
  const { env, image, limits, role, volumeRole } = args;
  const checks = new ArgumentChecks("PostgresServer", name)
    .name(env.name(role))
    .name(env.name(volumeRole))
    .container({ image: image ?? null, limits, networks: Object.values(args.networks ?? {}) })
    .required("hostPort", args.hostPort, port)
    .port("forwardPort", args.forwardPort)
    .optional("maxConnections", args.maxConnections, maxConnectionsCheck)
    .add("preload", isLater(args.preload) ? "must be a list" : undefined)
    .each("preload", args.preload, libraryName);
  for (const [setting, value] of Object.entries(args.settings ?? {})) {
    const shared = args.networks !== undefined && setting === "temp_file_limit";
    checks
      .add(`settings.${setting}`, shared ? "is the argument tempFilesMb" : settingProblem(setting))
      .required(`settings.${setting}`, value, settingValue);
  }
  checks.done();
}
