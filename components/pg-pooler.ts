// PgPooler: PgBouncer between an application and its database.
import * as pulumi from "@pulumi/pulumi";
import { SECRETS_DIR } from "../lib/docker/writable.ts";
import { lookUpImage } from "./app-image.ts";
import { type Limits, runContainer } from "./container.ts";
import type { Environment } from "./environment.ts";
import { fixedRole } from "./network-names.ts";
import { type PoolSettings, poolerConfig, userList } from "./pgbouncer-config.ts";

/** What a database says of its pooler. */
export interface PoolerArgs extends PoolSettings {
  /** Image with /usr/bin/pgbouncer and pg_isready, such as `edoburu/pgbouncer`; 1.21 or newer. */
  image: pulumi.Input<string>;
  /** Most that each of its containers may use. */
  limits: pulumi.Input<Limits>;
  /** Role in the environment, part of its name. @default "pgbouncer" for the first in an environment, else `<database>-pgbouncer` */
  role?: string;
}

/** What the pooler stands in front of. */
export interface PgPoolerArgs extends PoolerArgs {
  role: string;
  /** Environment that it is part of. */
  env: Environment;
  database: string;
  server: {
    host: pulumi.Input<string>;
    port: pulumi.Input<number>;
    networks: pulumi.Input<string>[];
    tls?: { sslmode: string; ca?: string } | undefined;
  };
  /** Logins that may use it. */
  users: { name: pulumi.Input<string>; password: pulumi.Input<string> }[];
  /** What must exist before it starts. */
  after: pulumi.Resource[];
}

const PORT = 6432;
const HEALTH_TIMEOUT_SECONDS = 60;
/** A stop waits for the transactions that are under way. */
const STOP_GRACE_SECONDS = 30;
const CONFIG = `${SECRETS_DIR}/pgbouncer.ini`;
const USERS = `${SECRETS_DIR}/userlist.txt`;
const CA = `${SECRETS_DIR}/server-ca.pem`;

/** Environments that have a pooler. */
const pooled = new WeakSet<Environment>();

/** Resource name and role of a database's pooler; the first of an environment has those that it has alone. */
export function poolerNames(env: Environment, database: string, given: string | undefined) {
  const own = `${database}-pgbouncer`;
  const resource = pooled.has(env) ? own : "pgbouncer";
  pooled.add(env);
  const wanted = { argument: "pooler.role", given, usual: "pgbouncer", own };
  return { resource, role: fixedRole(env, `PgDatabase '${database}'`, wanted) };
}

/**
 * PgBouncer in transaction mode: many clients share few connections. Clients log in with scram-sha-256 as the roles
 * that they are in Postgres. Its configuration and the passwords are files; nothing secret is in its environment.
 */
export class PgPooler extends pulumi.ComponentResource {
  /** Name on the environment's network. */
  readonly host: string;
  readonly port = PORT;
  /** What must exist before a client connects. */
  readonly ready: pulumi.Resource[];

  constructor(name: string, args: PgPoolerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("tandem:index:PgPooler", name, {}, opts);
    const { role } = args;
    this.host = args.env.name(role);
    const image = lookUpImage(`PgPooler '${name}'`, `${name}-image`, args.image, { parent: this });
    const files = this.files(args);
    const { started } = runContainer(this, args.env, name, {
      role,
      fixedName: this.host,
      // What an app may have as its server's name, the same in every environment.
      aliases: [role],
      image: image.imageId,
      // The image's own entry point writes a configuration from variables, and passwords would have to be among them.
      entrypoint: ["/usr/bin/pgbouncer"],
      command: [CONFIG],
      user: "postgres",
      files,
      filesVersion: args.env.fingerprint(Object.values(files)),
      networks: args.server.networks.length === 0 ? undefined : args.server.networks,
      limits: args.limits,
      health: { command: ["pg_isready", "-q", "-h", "127.0.0.1", "-p", String(PORT), "-d", args.database] },
      healthTimeoutSeconds: HEALTH_TIMEOUT_SECONDS,
      stopGraceSeconds: STOP_GRACE_SECONDS,
      dependsOn: args.after,
    });
    this.ready = [started];
    this.registerOutputs({ host: this.host });
  }

  private files({ database, server, users, ...args }: PgPoolerArgs): Record<string, pulumi.Input<string>> {
    const ca = server.tls?.ca;
    const caFile = ca === undefined ? undefined : CA;
    const { poolSize, maxClients, maxPreparedStatements } = args;
    const pool = { poolSize, maxClients, maxPreparedStatements };
    const config = pulumi.output({ host: server.host, port: server.port, pool }).apply((known) => {
      const target = { host: known.host, port: known.port, sslmode: server.tls?.sslmode, caFile };
      return poolerConfig({ database, target, port: PORT, userFile: USERS, pool: known.pool });
    });
    return {
      [CONFIG]: config,
      [USERS]: pulumi.secret(pulumi.all(users).apply(userList)),
      ...(ca === undefined ? {} : { [CA]: ca }),
    };
  }
}
