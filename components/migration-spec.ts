// What an application's migration may say of itself: its command, its files, its database, its restore points.
import * as pulumi from "@pulumi/pulumi";
import type { PgDatabase } from "./pg-database.ts";

/** A command that brings a database to the form that the new version needs. */
export interface MigrationSpec {
  /** Command inside the application's image. */
  command: pulumi.Input<pulumi.Input<string>[]>;
  /** Secrets that only the migration gets, such as the owner's database URL. */
  secrets?: Record<string, pulumi.Input<string> | undefined>;
  /** Time limit in seconds. @default 600 */
  timeoutSeconds?: pulumi.Input<number>;
  /** Folder of its SQL files in the image: they are checked before they run. @default none, nothing is checked */
  files?: string;
  /**
   * Where its tool writes down the names of what it applied, so that only what is pending is checked, a restore point is
   * made only for it, and a deploy that changes nothing but settings doesn't run the command again while nothing is;
   * needs `database`. @default unknown: every file counts as pending
   */
  applied?: { table: string; column: string };
  /** The database that it changes. */
  database?: PgDatabase;
  /** Restore points of the database to keep; one is made before it runs. Needs `database`. @default 0, none is made */
  restorePoints?: number;
}

/**
 * What the migration's resource needs to know of its files and its database.
 *
 * @throws pulumi.RunError when restore points can't be made.
 */
export function databaseOf(name: string, spec: MigrationSpec) {
  const { files, applied, database, restorePoints = 0 } = spec;
  const containerId = database?.containerId;
  if (restorePoints > 0 && containerId === undefined) {
    throw new pulumi.RunError(
      `AppService '${name}': restore points need a database whose server runs in a container, and ` +
        `${database?.database ?? "its migration names none"}: set restorePoints to 0 and rely on the server's own backups.`,
    );
  }
  return {
    sql:
      files === undefined
        ? undefined
        : { folder: files, appliedTable: applied?.table, appliedColumn: applied?.column },
    database: containerId === undefined ? undefined : { containerId, name: database?.database ?? "" },
    restorePoints,
  };
}
