// The program's side of migrations, and of what stands on a Postgres server of an environment's own.
import * as pulumi from "@pulumi/pulumi";
import type { MigrationOptions } from "../../lib/docker/migration.ts";

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
