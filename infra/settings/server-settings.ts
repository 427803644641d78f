// The settings of the servers that hold data: Postgres, of the environment's own or managed by somebody else, and Redis.
import { setting, type ValuesOf } from "./define.ts";
import { type Issue, set, setSecret } from "./issue.ts";
import { port } from "./network.ts";
import { imageReference } from "./resources.ts";
import { given, incomplete, type MaybeListener, missing, unusedSecret } from "./rule.ts";
import { choice, secret, text } from "./scalars.ts";
import { variants } from "./structures.ts";

/** A Postgres server of the environment's own. */
export function ownPostgresSettings(examplePort: number) {
  return {
    postgresPort: setting(port(examplePort), {
      description: "Port of the Docker host's loopback address that the Postgres server listens on.",
    }),
    postgresImage: setting(imageReference(), {
      description: "Image of the Postgres server; it must hold pgvector.",
      default: "pgvector/pgvector:0.8.2-pg17-trixie",
    }),
    postgresForwardPort: setting(port(examplePort + 1000), {
      description: "Port of this machine that leads to postgresPort of an ssh:// Docker host; 0 for none.",
      optional: true,
    }),
  };
}

const SERVER_NAME = { pattern: /^[\w.-]+$/, form: "a name or an address", example: "db.example.com" };
const LOGIN = { pattern: /^[\w.-]+$/, form: "one word", example: "postgres" };

/** The database's server: one of the environment's own, or one that somebody else runs for this environment alone. */
export function databaseSettings(examplePort: number) {
  const { postgresImage, postgresForwardPort } = ownPostgresSettings(examplePort);
  return {
    databaseServer: setting(
      variants("kind", {
        container: {},
        managed: {
          host: text({ max: 253, ...SERVER_NAME }),
          port: port(5432),
          username: text({ max: 63, ...LOGIN }),
          sslmode: choice("verify-full", "require", "disable"),
        },
      }),
      {
        description:
          "Where the database lives: {kind: container}, or {kind: managed, host, port, username, sslmode} for a server that somebody else runs.",
        default: { kind: "container" },
        identity: (server) =>
          server.kind === "managed" ? `${server.host.toLowerCase()}:${server.port}` : undefined,
        identityAt: { path: ["host"], example: SERVER_NAME.example },
      },
    ),
    databasePassword: setting(secret(), {
      description: "Password of the managed server's administrator.",
      optional: true,
      unique: true,
    }),
    databaseCaFile: setting(text({ max: 200, example: "certificates.pem" }), {
      description: "File with the certificates that sign the managed server's; the public ones if empty.",
      optional: true,
    }),
    postgresPort: setting(port(examplePort), {
      description: "Port of the Docker host's loopback address that a server of kind container listens on.",
      optional: true,
    }),
    postgresImage,
    postgresForwardPort,
  };
}

/** A Redis server of the environment's own. */
export const ownRedisSettings = {
  redisImage: setting(imageReference(), {
    description: "Image of the Redis server.",
    default: "redis:7.2.11-bookworm",
  }),
};

/** Their values, as far as they could be read and the system has them. */
export type ServerValues = Partial<ValuesOf<ReturnType<typeof databaseSettings>>>;
type Values = ServerValues & { restorePoints?: number };

/** What must hold between them, and between them and the restore points. */
export function serverRules(values: Values): Issue[] {
  const kind = values.databaseServer?.kind;
  if (kind === "managed") return managedRules(values);
  if (kind !== "container") return [];
  const reason = "is needed for a server of kind container";
  const port = missing("postgresPort", values)
    ? [incomplete("postgresPort", reason, [set(15_100, ["postgresPort"])])]
    : [];
  return given("databasePassword", values)
    ? [...port, unusedSecret("databasePassword", "is not used by a database server of kind container")]
    : port;
}

function managedRules(values: Values): Issue[] {
  const password = missing("databasePassword", values)
    ? [
        incomplete("databasePassword", "is needed for a server of kind managed", [
          setSecret(["databasePassword"]),
        ]),
      ]
    : [];
  const { restorePoints = 0 } = values;
  if (restorePoints === 0) return password;
  const reason = `is ${restorePoints}, and there is no container to dump a managed database from: its provider makes the backups`;
  const path = ["restorePoints"];
  return [...password, { problem: "unsupported", path, reason, fix: [set(0, path)] }];
}

/** Ports that the Postgres server listens on. */
export function serverListeners(values: ServerValues & { dockerHost?: string }): MaybeListener[] {
  const { databaseServer, postgresPort, postgresForwardPort, dockerHost } = values;
  const address = "127.0.0.1";
  const port = databaseServer?.kind === "managed" ? undefined : postgresPort;
  return [
    { key: "postgresPort", port, address, dockerHost },
    { key: "postgresForwardPort", port: postgresForwardPort, address, forwarded: true },
  ];
}
