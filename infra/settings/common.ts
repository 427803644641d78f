import { setting } from "./define.ts";
import { addressRange, bindAddress, dockerHost, hostname, port, url } from "./network.ts";
import { duration, imageReference } from "./resources.ts";
import { choice, flag, integer, name, secret, text } from "./scalars.ts";
import { list, optionally, section, variants } from "./structures.ts";

const TUNNEL_ID = {
  pattern: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  form: "the id of a tunnel",
  example: "00000000-0000-4000-8000-000000000000",
};
const EMAIL = { pattern: /^[^\s@]+@[^\s@]+\.[^\s@]+$/, form: "an e-mail address", example: "me@example.com" };
const CLOUDFLARE_ID = { pattern: /^[0-9a-f]{32}$/, form: "32 hexadecimal digits", example: "0".repeat(32) };

/** How the Docker host and the data are treated; every system has these. `roles` are those that hold data. */
export function hostSettings(...roles: [string, ...string[]]) {
  return {
    dockerHost: setting(dockerHost(), {
      description: "Docker host, unix:///path or ssh://user@host[:port]; this machine's own if empty.",
      optional: true,
    }),
    protectData: setting(flag(), {
      description: "Refuse to delete volumes, databases and servers.",
      default: true,
    }),
    releaseData: setting(list(choice(...roles)), {
      description: `Roles whose data may be destroyed or replaced by the next update: ${roles.join(", ")}.`,
      default: [],
    }),
  };
}

/** The hostname of the environment. */
export function hostnameSetting(example: string, what = "Hostname that this environment answers to.") {
  return setting(hostname(example), { description: what, unique: true });
}

/** Where the gateway listens, and who may pass. */
export function gatewaySettings(examplePort: number) {
  return {
    hostPort: setting(port(examplePort), {
      description: "Port of the Docker host that the gateway listens on.",
    }),
    bindAddress: setting(bindAddress(), {
      description: "Address of the Docker host that the gateway listens on.",
      default: "127.0.0.1",
    }),
    gatewayImage: setting(imageReference(), {
      description: "Image of the gateway.",
      default: "caddy:2.11.9-alpine",
    }),
    trustedProxies: setting(list(addressRange()), {
      description: "Proxies before the gateway whose word on the client is believed, by address or range.",
      default: [],
    }),
    maxBodyMb: setting(
      integer({ min: 1, max: 1_048_576, example: 1024, what: "the largest body of a request, in MiB," }),
      { description: "Largest body of a request, in MiB.", default: 1024 },
    ),
    noindex: setting(flag(), { description: "Ask search engines to stay away.", default: false }),
    basicAuthUser: setting(
      text({ max: 64, pattern: /^[^\s:]+$/, form: "one word without a colon", example: "team" }),
      { description: "User name that the gateway asks for; none if empty.", optional: true },
    ),
    basicAuthPassword: setting(secret(), {
      description: "Password that the gateway asks for, with basicAuthUser.",
      optional: true,
    }),
  };
}

/** How the world reaches the gateway. */
export function tunnelSettings(exampleName: string) {
  const access = section({
    emails: optionally(list(text(EMAIL))),
    emailDomains: optionally(list(hostname("example.com"))),
  });
  const account = {
    accountId: text(CLOUDFLARE_ID),
    zoneId: text(CLOUDFLARE_ID),
    access: optionally(access),
  };
  return {
    tunnel: setting(
      variants("kind", {
        local: {},
        own: { ...account, name: name(exampleName), connectorImage: optionally(imageReference()) },
        shared: {
          ...account,
          tunnelId: text(TUNNEL_ID),
          service: optionally(url(["http", "https"])),
          takeOver: optionally(flag()),
          dnsRecords: optionally(flag()),
        },
      }),
      {
        description:
          "How the world reaches the gateway: {kind: local}; on Cloudflare {kind: own, accountId, zoneId, name}, or " +
          "{kind: shared, accountId, zoneId, tunnelId, service} in a tunnel that others use too. See docs/tunnels.md.",
        default: { kind: "local" },
        identity: (tunnel) =>
          tunnel.kind === "own" ? `tunnel ${tunnel.name} of account ${tunnel.accountId}` : undefined,
      },
    ),
    cloudflareApiToken: setting(secret(), {
      description: "Cloudflare API token, for a tunnel of kind own or shared.",
      optional: true,
    }),
  };
}

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

/** TLS at the gateway, and a redirect for what comes without it. */
export function httpsSettings(examplePort: number) {
  return {
    httpsPort: setting(port(examplePort), {
      description: "Port of the Docker host on which the gateway ends TLS; 0 where somebody before it does.",
      optional: true,
    }),
    forceHttps: setting(flag(), {
      description: "Redirect requests that came without TLS, here or at a proxy before the gateway.",
      default: true,
    }),
  };
}

/** How an application runs. */
export const serviceSettings = {
  image: setting(imageReference("tandem-example:0.1.0"), {
    description: "Image of the app, with its tag or digest.",
  }),
  logLevel: setting(choice("info", "fatal", "error", "warn", "debug", "trace"), {
    description: "Least important log line that the app writes.",
    default: "info",
  }),
  secretsAs: setting(choice("env", "files"), {
    description: "How the app gets its secrets: env (environment variables) or files (under /run/secrets).",
    default: "env",
  }),
  stopGraceSeconds: setting(
    integer({ min: 1, max: 600, example: 30, what: "the time to stop, in seconds," }),
    { description: "Seconds that a container has to stop before it is killed.", default: 30 },
  ),
  watchSeconds: setting(
    integer({ min: 0, max: 3600, example: 30, what: "the time to watch a new version, in seconds," }),
    {
      description:
        "Seconds that a new version is watched after it took over; if it goes bad, the route moves back.",
      default: 10,
    },
  ),
  watchErrorPercent: setting(
    integer({ min: 1, max: 100, example: 20, what: "the share of server errors, in percent," }),
    {
      description: "Share of server errors, in percent, above which a watched version counts as bad.",
      default: 20,
    },
  ),
  healthTimeoutSeconds: setting(
    integer({ min: 5, max: 1800, example: 120, what: "the time to start, in seconds," }),
    { description: "Seconds that a container has to become healthy.", default: 120 },
  ),
};

/** What a release keeps and waits for. */
export const releaseSettings = {
  restorePoints: setting(integer({ min: 0, max: 100, example: 5, what: "the number of restore points" }), {
    description: "Restore points of the database to keep; one is made before migrations. 0 for none.",
    default: 0,
  }),
  promoteAfter: setting(duration(), {
    description: "How long a version must have been healthy in the environment that it is promoted from.",
    default: "10m",
  }),
};
