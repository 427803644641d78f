// PostgresServer: a Postgres container with its volume, for one environment.
import type { Volume } from "@pulumi/docker/volume.js";
import { Grant } from "@pulumi/postgresql/grant.js";
import type { Provider as PostgresProvider } from "@pulumi/postgresql/provider.js";
import * as pulumi from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random/randomPassword.js";
import { image as imageCheck } from "../lib/docker/values.ts";
import { SECRETS_DIR } from "../lib/docker/writable.ts";
import { AdminPassword, Image } from "../provider/sdk.ts";
import { checkedArgument, checkedDefault, checkedLimits } from "./checked-inputs.ts";
import { type Limits, runContainer } from "./container.ts";
import { guardedVolume } from "./data-volume.ts";
import type { Environment } from "./environment.ts";
import { loopbackProvider } from "./loopback-provider.ts";
import { type ServerRoles, serverRoles } from "./network-names.ts";
import { maxConnectionsCheck, rejectBadServer } from "./pg-arguments.ts";
import {
  givenSettings,
  openedSettings,
  type PostgresSettings,
  runningSettings,
} from "./postgres-settings.ts";
import { postgresArguments, sharedMemoryMb } from "./postgres-tuning.ts";
import { componentOptions } from "./providers.ts";
import type { SharedNetworks } from "./shared-networks.ts";

/** Arguments of a `PostgresServer`. */
export interface PostgresServerArgs {
  /** Environment that it is part of. */
  env: Environment;
  /** Image with the contract of the official `postgres` image. */
  image: pulumi.Input<string>;
  /** Port on the Docker host's loopback interface; the engine manages roles and databases through it. */
  hostPort: number;
  /** Port on this machine that leads to `hostPort`, where the Docker host is another machine. @default hostPort */
  forwardPort?: number;
  /** Most that each of its containers may use. */
  limits: pulumi.Input<Limits>;
  /** Connections that the server accepts. @default 100 */
  maxConnections?: pulumi.Input<number>;
  /**
   * Settings of the server by their names in `pg_settings`, such as `{ work_mem: "16MB", wal_level: "logical" }`. They win over those that
   * follow from the memory limit. A change restarts the server, and the preview shows it so: it is part of its command. The
   * preview asks the image whether it knows each and takes its value. Refused are those that run programs, load libraries,
   * name files, say where the server listens or logs, how logins are let in, or that give data up. @default none
   */
  settings?: PostgresSettings;
  /** Libraries that the server loads at its start (`shared_preload_libraries`), such as `pg_stat_statements`. @default none */
  preload?: string[];
  /** Role in the environment, part of its names. @default "postgres" for the first in an environment, else the component's name */
  role?: string;
  /** Role of its volume. @default "pgdata" for the first in an environment, else its role and `data` */
  volumeRole?: string;
  /** Change it to issue a new administrator's password. @default "1" */
  passwordVersion?: pulumi.Input<string>;
  /**
   * MiB that a session of a shared server may write to disk for sorts, joins and indexes. @default four times the memory,
   * at least 1024
   */
  tempFilesMb?: pulumi.Input<number>;
  /** Networks of the environments that it serves, in a stack of shared servers. @default none */
  networks?: SharedNetworks;
}

/** Where a shared server is: what its stack hands out to the environments. Nothing in it is secret. */
export interface SharedPostgres {
  /** Name of its container, and its name on the networks. */
  container: string;
  /** Port on the networks. */
  port: number;
  /** Port on the Docker host's loopback interface. */
  hostPort: number;
  /** Connections that it accepts. @default 100 */
  maxConnections?: number;
  /** Network of each environment that it serves. */
  networks: Record<string, string>;
}

/** The administrator that the official image makes; with peer authentication it must be the system user's name. */
const ADMIN = "postgres";
/** Roles of the first Postgres server of an environment. */
const ROLES: ServerRoles = { role: "postgres", volumeRole: "pgdata" };
const DATA_DIR = "/var/lib/postgresql/data";
/** Folder of the data in its volume. */
const DATA_FOLDER = "pgdata";
const PORT = 5432;
const MAX_CONNECTIONS = 100;
/** A crash recovery replays the log before the server answers. */
const HEALTH_TIMEOUT_SECONDS = 180;
/** Smart shutdown may have to write all dirty buffers. */
const STOP_GRACE_SECONDS = 60;

/**
 * A Postgres server with data checksums, scram-sha-256 only, tuned to its memory limit, on a volume that outlives it.
 * It is reached from its environment's network by name and from the Docker host on loopback.
 */
export class PostgresServer extends pulumi.ComponentResource {
  /** Name on the environment's network. */
  readonly host: string;
  /** Port on the environment's network. */
  readonly port = PORT;
  /** Provider for what is made on this server. */
  readonly provider: PostgresProvider;
  /** What must exist before anything is made on the server. */
  readonly ready: pulumi.Resource[];
  /** Environment that it is part of. */
  readonly env: Environment;
  /** Role in the environment; the config releases its data by this name. */
  readonly role: string;
  /** Its image, by id. */
  readonly imageId: pulumi.Output<string>;
  /** The healthy container. */
  readonly containerId: pulumi.Output<string>;
  /** For the environments that it serves. */
  readonly shared: pulumi.Output<SharedPostgres>;

  constructor(name: string, given: PostgresServerArgs, opts?: pulumi.ComponentResourceOptions) {
    const component = `PostgresServer '${name}'`;
    const roles = serverRoles(component, name, given, ROLES);
    rejectBadServer(name, { ...given, ...roles });
    const image = checkedArgument(component, "image", given.image, imageCheck);
    const args = {
      ...given,
      ...roles,
      own: givenSettings(component, given.settings, given.preload),
      image,
      limits: checkedLimits(component, given.limits),
      maxConnections: checkedDefault(
        component,
        "maxConnections",
        given.maxConnections,
        maxConnectionsCheck,
        MAX_CONNECTIONS,
      ),
    };
    super("tandem:index:PostgresServer", name, {}, componentOptions(component, args.env, opts));
    const { role, volumeRole } = roles;
    this.env = args.env;
    this.role = role;
    this.host = args.env.name(role);
    const password = this.createPassword(name, args);
    // Some settings are held against the number of connections.
    const settings = pulumi
      .all([args.own, args.maxConnections])
      .apply(([own, most]) => ({ max_connections: String(most), ...own }));
    const asked = given.settings === undefined && given.preload === undefined ? {} : { settings };
    const server = { kind: "postgres", image, folder: DATA_FOLDER, user: ADMIN, ...asked } as const;
    const volume = guardedVolume(this, name, args.env, { role, volumeRole, server });
    this.imageId = new Image(`${name}-image`, { reference: image }, { parent: this }).imageId;
    const started = this.createContainer(name, args, role, volume, password);
    this.containerId = started.containerId;
    const admin = new AdminPassword(
      `${name}-admin`,
      { containerId: started.containerId, username: ADMIN, password, ...runningSettings(args) },
      { parent: this },
    );
    const port = args.forwardPort ?? args.hostPort;
    this.provider = loopbackProvider(this, name, { port, username: ADMIN, password, superuser: true });
    this.ready = [this.closeMaintenanceDatabases(name, admin)];
    this.shared = pulumi
      .all([args.networks ?? {}, args.maxConnections, this.containerId])
      .apply(([networks, maxConnections]) => ({
        container: this.host,
        port: PORT,
        hostPort: args.hostPort,
        maxConnections,
        networks,
      }));
    this.registerOutputs({ host: this.host });
  }

  private createPassword(name: string, args: PostgresServerArgs): pulumi.Output<string> {
    const password = new RandomPassword(
      `${name}-admin-password`,
      { length: 32, special: false, keepers: { version: args.passwordVersion ?? "1" } },
      { parent: this },
    );
    return password.result;
  }

  private createContainer(
    name: string,
    args: PostgresServerArgs & {
      maxConnections: pulumi.Input<number>;
      own: pulumi.Output<Record<string, string>>;
    },
    role: string,
    volume: Volume,
    password: pulumi.Output<string>,
  ) {
    const { memoryMb } = pulumi.output(args.limits);
    const passwordFile = `${SECRETS_DIR}/postgres_password`;
    const { started } = runContainer(this, args.env, name, {
      role,
      fixedName: args.env.name(role),
      image: this.imageId,
      command: pulumi
        .all([memoryMb, args.maxConnections, args.own])
        .apply(([memory, connections, own]) => postgresArguments(memory, connections, own)),
      opened: openedSettings(args.settings),
      user: ADMIN,
      environment: {
        POSTGRES_PASSWORD_FILE: passwordFile,
        POSTGRES_INITDB_ARGS: "--data-checksums --auth-host=scram-sha-256 --auth-local=peer",
        PGDATA: `${DATA_DIR}/${DATA_FOLDER}`,
      },
      files: { [passwordFile]: bootstrapPassword(args.env, password) },
      volumes: [{ volume: volume.name, path: DATA_DIR }],
      networks: args.networks === undefined ? undefined : Object.values(args.networks),
      ports: [{ bindAddress: "127.0.0.1", hostPort: args.hostPort, containerPort: PORT }],
      tmpfs: { "/var/run/postgresql": "rw,nosuid,mode=1777,size=16m" },
      limits: args.limits,
      // With a host: without one it can answer from the temporary server that initdb uses.
      health: { command: ["pg_isready", "-q", "-h", "127.0.0.1", "-U", ADMIN] },
      healthTimeoutSeconds: HEALTH_TIMEOUT_SECONDS,
      stopGraceSeconds: STOP_GRACE_SECONDS,
      shmMb: memoryMb.apply(sharedMemoryMb),
    });
    return started;
  }

  /**
   * Every server has databases that anybody may connect to; an application's login has no business there. One after
   * the other: concurrent grants fail.
   */
  private closeMaintenanceDatabases(name: string, admin: AdminPassword): pulumi.Resource {
    return ["postgres", "template1"].reduce<pulumi.Resource>(
      (after, database) =>
        new Grant(
          `${name}-close-${database}`,
          { database, objectType: "database", role: "public", privileges: [] },
          { parent: this, provider: this.provider, dependsOn: after, retainOnDelete: true },
        ),
      admin,
    );
  }
}

/**
 * The password that the image makes a new data folder with. Its entry point puts it into the environment of every
 * process of the server, for as long as that runs: so it is one that is good for nothing as soon as AdminPassword has
 * set the real one.
 */
function bootstrapPassword(env: Environment, password: pulumi.Output<string>): pulumi.Output<string> {
  return pulumi.secret(env.fingerprint(["bootstrap", password]));
}
