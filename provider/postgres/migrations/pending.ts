// What a migration is about to run: the files that its database doesn't have yet, where that can be known.
import type Docker from "dockerode";
import { readColumn } from "../reader.ts";
import { keptSqlFiles } from "./sql-cache.ts";
import { isApplied, readSqlFiles } from "./sql-files.ts";
import type { SqlFile } from "./sql-risks.ts";

/** Where a migration's files lie, and where its tool writes down what it applied. */
export interface SqlSource {
  /** Folder in the image. */
  folder: string;
  /** Table and column with the names of what was applied. */
  appliedTable?: string;
  appliedColumn?: string;
}

/** The database that a migration changes. */
export interface MigratedDatabase {
  /** Container of its server. */
  containerId: string;
  name: string;
}

/** What is about to run. */
export interface Pending {
  files: SqlFile[];
  /** Whether the database was asked what it has; else these are all files. */
  known: boolean;
  /** Whether the table of what was applied is there, and was read. */
  read: boolean;
}

/** Names that the tool wrote down, none where its table isn't there; undefined where the server can't be asked. */
async function appliedNames(
  docker: Docker,
  { containerId, name }: MigratedDatabase,
  named: string,
  column: string,
  prepare: boolean,
): Promise<{ names: Set<string>; read: boolean } | undefined> {
  const dot = named.indexOf(".");
  const [schema, table] = dot < 0 ? ["public", named] : [named.slice(0, dot), named.slice(dot + 1)];
  try {
    const at = { containerId, database: name, schema, table, column };
    const names = await readColumn(docker, at, { prepare });
    return { names: new Set(names), read: names !== undefined };
  } catch {
    // A server that is being replaced or isn't prepared yet, or a table of another shape: then all files count as pending.
    return undefined;
  }
}

/** Whether the database was asked, and has all that the image brings. */
export function nothingPending(pending: Pending | undefined): boolean {
  return pending?.known === true && pending.files.length === 0;
}

/**
 * The pending files of an image for a database.
 *
 * @param prepare may the server be prepared for the question? Not in a preview.
 * @returns undefined where nothing is known of its files.
 */
export async function pendingFiles(
  docker: Docker,
  imageId: string,
  source: SqlSource,
  database: MigratedDatabase | undefined,
  labels: Record<string, string>,
  prepare = false,
): Promise<Pending | undefined> {
  const files = await keptSqlFiles(imageId, source.folder, () =>
    readSqlFiles(docker, imageId, source.folder, labels),
  );
  if (files === undefined) return undefined;
  const { appliedTable, appliedColumn } = source;
  const applied =
    database === undefined || appliedTable === undefined || appliedColumn === undefined
      ? undefined
      : await appliedNames(docker, database, appliedTable, appliedColumn, prepare);
  if (applied === undefined) return { files, known: false, read: false };
  const { names, read } = applied;
  return { files: files.filter(({ name }) => !isApplied(name, names)), known: true, read };
}
