// The program's side of the tandem provider: one typed class per resource that provider/ implements.
import * as pulumi from "@pulumi/pulumi";
import type { MigrationOptions } from "../lib/docker/migration.ts";
import type { UpstreamProtocol } from "./gateway/route-config.ts";
import type { GuardedServer } from "./postgres/server-image.ts";

export type { UpstreamProtocol };

/** Where the Docker API answers, and how to log in to Cloudflare. */
export interface TandemProviderArgs {
  /** Docker host: `unix:///var/run/docker.sock` or `ssh://user@host[:port]`. @default the local socket */
  dockerHost?: pulumi.Input<string>;
  /** API token for Cloudflare (secret), for `IngressRule`. @default `CLOUDFLARE_API_TOKEN` */
  cloudflareApiToken?: pulumi.Input<string>;
}

/**
 * Provider for what the Docker provider can't express: resolving an image at preview time, starting a container with
 * a pid limit and a health gate, one-shot migrations, gateway routes, guards on data.
 */
export class TandemProvider extends pulumi.ProviderResource {
  constructor(name: string, args: TandemProviderArgs, opts?: pulumi.ResourceOptions) {
    const { dockerHost, cloudflareApiToken: token } = args;
    super(
      "tandem",
      name,
      // What isn't set isn't named: the provider's settings in the state stay as they were.
      { dockerHost, ...(token === undefined ? {} : { cloudflareApiToken: pulumi.secret(token) }) },
      opts,
    );
  }
}

export interface ImageArgs {
  /** Image reference with a tag or digest, for example `redis:7.2.11-bookworm`. */
  reference: pulumi.Input<string>;
}

/**
 * An image on the Docker host. A preview looks the reference up on the host, so a tag that has moved shows as a
 * replacement of the containers that use it, in the preview and not only in the `up`. A missing image is pulled by
 * the `up`. Deleting it leaves the image where it is: a rollback may need it.
 */
export class Image extends pulumi.CustomResource {
  /** Content address of the image on the host (`sha256:…`). */
  declare readonly imageId: pulumi.Output<string>;
  /** The reference as it was asked for. */
  declare readonly reference: pulumi.Output<string>;

  constructor(name: string, args: ImageArgs, opts?: pulumi.CustomResourceOptions) {
    super("tandem:docker:Image", name, { imageId: undefined, reference: args.reference }, opts);
  }
}

export interface ContainerStartArgs {
  /** Container that was created and not started. */
  containerId: pulumi.Input<string>;
  /** Its name, for messages. */
  containerName: pulumi.Input<string>;
  /** Most processes and threads in it (CIS Docker Benchmark 5.29). */
  pids: pulumi.Input<number>;
  /** CPUs, set by quota: unlike the Docker provider's `cpus` it can change while the container runs. */
  cpus?: pulumi.Input<number>;
  /** Seconds until its health check must have passed. */
  healthTimeoutSeconds: pulumi.Input<number>;
  /** Seconds for which it is watched while one of an earlier version still runs; for what no route leads to. @default 0 */
  watchSeconds?: pulumi.Input<number>;
  /** Do containers of earlier versions end before it starts? They start again if it fails. @default false */
  stopFirst?: pulumi.Input<boolean>;
  /** Is it only made ready, for a `TakeOver` to start it together with others? @default false */
  held?: pulumi.Input<boolean>;
  /** The image with the program of its health check, and the folder of the container that it is put into. @default none */
  probe?: pulumi.Input<{ image: pulumi.Input<string>; folder: string }>;
  /** The image of the scheduler that it gets, and the entry point of its jobs in the place of its image's. @default none */
  scheduler?: pulumi.Input<{ image: pulumi.Input<string>; entrypoint?: string[] }>;
  /** Files to put into it before it starts, by absolute path; each in a volume, where its root is read-only. */
  files?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/**
 * Starts a container that was created beforehand: writes its files, sets its pid limit, starts it and waits until it
 * is healthy. If it isn't in time, it is stopped and the error carries its last log lines.
 */
export class ContainerStart extends pulumi.CustomResource {
  /** The container, once it is healthy: what must come after health depends on this output. */
  declare readonly containerId: pulumi.Output<string>;
  /** Name of the container, once it is healthy. */
  declare readonly containerName: pulumi.Output<string>;

  constructor(name: string, args: ContainerStartArgs, opts?: pulumi.CustomResourceOptions) {
    const secretFiles = args.files === undefined ? undefined : pulumi.secret(args.files);
    super("tandem:docker:ContainerStart", name, { running: undefined, ...args, files: secretFiles }, opts);
  }
}

export interface MigrationArgs {
  /** What messages call it. @default "migration" */
  noun?: string;
  /** Name of the one-shot container; it is the lock that keeps two runs apart. */
  containerName: pulumi.Input<string>;
  /** Image to run, by id. */
  imageId: pulumi.Input<string>;
  /** Command inside the image. */
  command: pulumi.Input<pulumi.Input<string>[]>;
  /** User inside the container. @default the image's */
  user?: pulumi.Input<string>;
  /** What its container needs besides what is hardened by default, as the application's has it. @default nothing */
  options?: Omit<MigrationOptions, "shmMb"> & { shmMb?: pulumi.Input<number> };
  /** Environment of the command. */
  environment: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Secret files for the command, by absolute path under /run/secrets. */
  files?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Network to join. */
  network: pulumi.Input<string>;
  /** Further networks to join. @default none */
  networks?: pulumi.Input<pulumi.Input<string>[]>;
  /** Labels of the container. */
  labels: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Rotation of its log, as Docker's json-file driver takes it. @default three files of 10 MiB */
  logOptions?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Time limit in seconds; the command is killed after it. */
  timeoutSeconds: pulumi.Input<number>;
  /** Memory limit in MiB. */
  memoryMb: pulumi.Input<number>;
  /** CPU limit. */
  cpus: pulumi.Input<number>;
  /** Pid limit. */
  pids: pulumi.Input<number>;
  /** Services whose jobs are paused while it runs. @default the one that its label names */
  services?: string[];
  /** Any change of it runs the migration again. */
  triggers?: pulumi.Input<pulumi.Input<string>[]>;
  /** Where its SQL files lie in the image, and where its tool writes down what it applied. */
  sql?: pulumi.Input<{ folder: string; appliedTable?: string; appliedColumn?: string }>;
  /** The database that it changes, on a server in a container. */
  database?: pulumi.Input<{ containerId: pulumi.Input<string>; name: pulumi.Input<string> }>;
  /** Restore points of that database to keep; one is made before it runs. @default 0, none is made */
  restorePoints?: pulumi.Input<number>;
}

/**
 * A one-shot command that must end with exit code 0 before what depends on it may go on. It runs at creation and again
 * whenever its image, command, environment, files or triggers change, except for an image that has run before; its
 * output is streamed into the `up`. SQL that destroys or locks is warned of before it runs.
 */
export class Migration extends pulumi.CustomResource {
  /** Image that ran last; containers that must wait for the migration depend on it. */
  declare readonly imageId: pulumi.Output<string>;
  /** When the last run began (ISO 8601). */
  declare readonly startedAt: pulumi.Output<string>;
  /** How long it took, in milliseconds. */
  declare readonly durationMs: pulumi.Output<number>;

  constructor(name: string, args: MigrationArgs, opts?: pulumi.CustomResourceOptions) {
    // Of the environment only what is secret itself: the rest may be shown when the command repeats it.
    const files = args.files === undefined ? undefined : pulumi.secret(args.files);
    super(
      "tandem:docker:Migration",
      name,
      { startedAt: undefined, durationMs: undefined, ran: undefined, ...args, files },
      opts,
    );
  }
}

export interface RouteArgs {
  /** The gateway's container. */
  gatewayId: pulumi.Input<string>;
  /** Name of the route; one file in the gateway's configuration. */
  routeName: pulumi.Input<string>;
  /** Hostnames that it answers. */
  hostnames: pulumi.Input<pulumi.Input<string>[]>;
  /** Only this path of theirs and what is below it. @default all that no other route has */
  path?: pulumi.Input<string>;
  /** Where requests go, each as `container:port`. */
  upstreams: pulumi.Input<pulumi.Input<string>[]>;
  /** Seconds that a move of the route waits for requests to end on the containers that it leaves. @default 0 */
  drainSeconds?: pulumi.Input<number>;
  /** Seconds for which new containers are watched after the route has moved to them. @default 0 */
  watchSeconds?: pulumi.Input<number>;
  /** Share of server errors, in percent, above which the route moves back within that time. @default 100 */
  watchErrorPercent?: pulumi.Input<number>;
  /** What the containers speak: HTTP/1.1, or HTTP/2 without TLS. @default "http" */
  protocol?: pulumi.Input<UpstreamProtocol>;
  /** Add `X-Robots-Tag: noindex, nofollow`. */
  noindex: pulumi.Input<boolean>;
  /** User of basic authentication. */
  basicAuthUser?: pulumi.Input<string>;
  /** bcrypt hash of its password. */
  basicAuthHash?: pulumi.Input<string>;
}

/**
 * A route of the gateway. When it moves, the next request goes to the new containers, requests under way finish on the
 * old ones, and the move isn't done before they have. The new ones are watched: if they go bad, the route moves back
 * and the update fails.
 */
export class Route extends pulumi.CustomResource {
  declare readonly hostnames: pulumi.Output<string[]>;
  declare readonly upstreams: pulumi.Output<string[]>;

  constructor(name: string, args: RouteArgs, opts?: pulumi.CustomResourceOptions) {
    const hash = args.basicAuthHash === undefined ? undefined : pulumi.secret(args.basicAuthHash);
    super("tandem:gateway:Route", name, { ...args, basicAuthHash: hash }, opts);
  }
}

export interface IngressRuleArgs {
  /** Cloudflare account. */
  accountId: pulumi.Input<string>;
  /** A tunnel that is configured at Cloudflare. */
  tunnelId: pulumi.Input<string>;
  /** Hostname, in lower case; all of its requests. */
  hostname: pulumi.Input<string>;
  /** Where requests go, as the tunnel's connector reaches it. */
  service: pulumi.Input<string>;
  /** Take a rule over that somebody made for another service. @default false */
  takeOver?: pulumi.Input<boolean>;
  /** Command that allows it, for the error. */
  takeOverWith?: pulumi.Input<string>;
}

/**
 * One hostname's rule in a Cloudflare tunnel that others use too. Their rules are never touched and never change their
 * order; a rule for everything stays last. Importable as `<account_id>/<tunnel_id>/<hostname>`.
 */
export class IngressRule extends pulumi.CustomResource {
  declare readonly hostname: pulumi.Output<string>;
  declare readonly service: pulumi.Output<string>;
  /** Whether requests reach it: no rule before it takes them. */
  declare readonly inForce: pulumi.Output<boolean>;
  /** Version of the tunnel's configuration when it was last written. */
  declare readonly version: pulumi.Output<number>;

  constructor(name: string, args: IngressRuleArgs, opts?: pulumi.CustomResourceOptions) {
    super("tandem:cloudflare:IngressRule", name, { inForce: undefined, version: undefined, ...args }, opts);
  }
}

export interface AdminPasswordArgs {
  /** Healthy Postgres container. */
  containerId: pulumi.Input<string>;
  /** Administrator of the server. */
  username: pulumi.Input<string>;
  /** Its password. */
  password: pulumi.Input<string>;
  /** Settings of the whole server, as `ALTER SYSTEM` takes them. @default none */
  settings?: pulumi.Input<Record<string, string>>;
}

/**
 * Gives the server's administrator the password that the state knows. Postgres reads its password file only when it
 * makes a new data folder, so a server on a volume that was kept would still have the old one.
 */
export class AdminPassword extends pulumi.CustomResource {
  declare readonly containerId: pulumi.Output<string>;

  constructor(name: string, args: AdminPasswordArgs, opts?: pulumi.CustomResourceOptions) {
    super("tandem:postgres:AdminPassword", name, { ...args, password: pulumi.secret(args.password) }, opts);
  }
}

export interface KeptDatabaseArgs {
  /** Healthy Postgres container. */
  containerId: pulumi.Input<string>;
  /** Name of the database. */
  database: pulumi.Input<string>;
  /** Its logins, the owner first. */
  roles: pulumi.Input<pulumi.Input<string>[]>;
  /** Whose it is, `system/environment`, on a server with databases of others: only its own is taken over. */
  tenant?: pulumi.Input<string>;
}

/** Renames a database and logins that outlived their stack, so that the stack can make its own. */
export class SetAside extends pulumi.CustomResource {
  constructor(name: string, args: KeptDatabaseArgs, opts?: pulumi.CustomResourceOptions) {
    super("tandem:postgres:SetAside", name, { ...args }, opts);
  }
}

/** Puts the database that was kept in the place of the new, empty one. */
export class TakeBack extends pulumi.CustomResource {
  constructor(name: string, args: KeptDatabaseArgs, opts?: pulumi.CustomResourceOptions) {
    super("tandem:postgres:TakeBack", name, { ...args }, opts);
  }
}

export interface VolumeOwnerArgs {
  /** Name of the volume. */
  volume: pulumi.Input<string>;
  /** Any image on the Docker host. */
  image: pulumi.Input<string>;
  /** `uid:gid` */
  owner: pulumi.Input<string>;
}

/** Gives a volume's folder its owner: Docker makes it root's, where the image has no such folder. */
export class VolumeOwner extends pulumi.CustomResource {
  /** The volume, once it has its owner. */
  declare readonly volume: pulumi.Output<string>;

  constructor(name: string, args: VolumeOwnerArgs, opts?: pulumi.CustomResourceOptions) {
    super("tandem:docker:VolumeOwner", name, { ...args }, opts);
  }
}

export interface DataGuardArgs {
  /** What is guarded, in words: `volume oracle_staging_pgdata`. */
  subject: pulumi.Input<string>;
  /** What the data hangs on (name, driver, encoding …): a change of it would leave the data behind. */
  identity: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Whether the stack's config releases this data. */
  released: pulumi.Input<boolean>;
  /** The command that releases it, for the message. */
  releaseWith: pulumi.Input<string>;
  /** The server that reads it: an image that can't is refused. @default none */
  server?: pulumi.Input<
    Pick<GuardedServer, "kind" | "container" | "volume" | "folder"> &
      Record<"image" | "user", pulumi.Input<string>> & { settings?: pulumi.Input<Record<string, string>> }
  >;
}

/** Refuses, at preview time, a change that would put an empty place where data is now, or a server that can't read it. */
export class DataGuard extends pulumi.CustomResource {
  constructor(name: string, args: DataGuardArgs, opts?: pulumi.CustomResourceOptions) {
    super("tandem:data:Guard", name, { ...args }, opts);
  }
}
