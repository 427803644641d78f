// SQL that a database gets once, when it is made: run as its owner by psql from the server's own image, in a container of its own.
import * as pulumi from "@pulumi/pulumi";
import { SECRETS_DIR } from "../lib/docker/writable.ts";
import { Migration } from "../provider/sdk.ts";
import type { Environment } from "./environment.ts";
import type { PgLogin } from "./pg-login.ts";

/** What the scripts need. */
interface InitArgs {
  env: Environment;
  /** Texts of SQL, in their order. */
  scripts: readonly pulumi.Input<string>[];
  /** The server's image, by id. */
  imageId: pulumi.Input<string>;
  owner: PgLogin;
  /** What must exist before they run. */
  after: pulumi.Resource[];
}

const BEGIN = `${SECRETS_DIR}/init.sql`;
const scriptPath = (at: number) => `${SECRETS_DIR}/init-${at + 1}.sql`;
const TIMEOUT_SECONDS = 600;

/** What may change without a second run: anything, since they are for a database that is new. */
const ONCE = [
  ...["containerName", "command", "cpus", "environment", "files", "imageId", "labels", "logOptions"],
  ...["memoryMb", "network", "networks", "options", "pids", "timeoutSeconds", "user"],
];

/**
 * Is the database new? One in which its owner has something besides what it was made with, be it a function only, isn't: it
 * outlived an earlier stack and was taken over, or a run was killed after its scripts had ended.
 */
export const FRESH = `SELECT NOT EXISTS (SELECT FROM pg_catalog.pg_shdepend d
  WHERE d.deptype = 'o' AND d.dbid = (SELECT b.oid FROM pg_catalog.pg_database b WHERE b.datname = current_database())
    AND d.refobjid = (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = current_user)
    AND d.classid NOT IN ('pg_catalog.pg_namespace'::regclass, 'pg_catalog.pg_default_acl'::regclass)) AS fresh`;

function beginning(count: number): string {
  const scripts = Array.from({ length: count }, (_, at) => `\\i ${scriptPath(at)}`);
  return [
    "\\set ON_ERROR_STOP on",
    `${FRESH} \\gset`,
    ...["\\if :fresh", "BEGIN;", ...scripts, "COMMIT;", "\\endif", ""],
  ].join("\n");
}

/** Runs the scripts in one transaction, once in the life of the database. */
export function runInitScripts(
  parent: pulumi.ComponentResource,
  name: string,
  { env, scripts, imageId, owner, after }: InitArgs,
): Migration {
  const own = `${name}-init`;
  return new Migration(
    own,
    {
      containerName: env.name(own),
      imageId,
      command: ["psql", "--no-psqlrc", "--no-password", "--quiet", "--file", BEGIN],
      user: "postgres",
      environment: {
        PGHOST: owner.host,
        PGPORT: pulumi.interpolate`${owner.port}`,
        PGDATABASE: owner.database,
        PGUSER: owner.user,
        PGPASSWORD: owner.password,
      },
      files: {
        [BEGIN]: beginning(scripts.length),
        ...Object.fromEntries(scripts.map((script, at) => [scriptPath(at), script])),
      },
      network: env.network,
      labels: env.labels(own),
      logOptions: env.logOptions,
      timeoutSeconds: TIMEOUT_SECONDS,
      ...{ memoryMb: 256, cpus: 1, pids: 50 },
    },
    { parent, dependsOn: after, ignoreChanges: ONCE },
  );
}
