// What a migration is about to run: the files that its database doesn't have yet, where that can be known.
import type Docker from "dockerode";
import { identifier, literal, psql } from "../psql.ts";
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
}

/** Names that the tool wrote down; undefined where the server can't be asked. */
async function appliedNames(
  docker: Docker,
  { containerId, name }: MigratedDatabase,
  table: string,
  column: string,
): Promise<Set<string> | undefined> {
  // The session looks for names in no schema of a tenant's.
  const quoted = (table.includes(".") ? table : `public.${table}`).split(".").map(identifier).join(".");
  // In one call: each is a process in the server's container, and a deploy waits for it.
  const sql = [
    `SELECT to_regclass(${literal(quoted)}) IS NOT NULL AS there \\gset`,
    "\\if :there",
    `SELECT ${identifier(column)} FROM ${quoted};`,
    "\\endif",
  ];
  try {
    const rows = await psql(docker, containerId, `${sql.join("\n")}\n`, { database: name });
    return new Set(rows.split("\n").filter((row) => row !== ""));
  } catch {
    // A server that is being replaced, or a table of another shape: then all files count as pending.
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
 * @returns undefined where nothing is known of its files.
 */
export async function pendingFiles(
  docker: Docker,
  imageId: string,
  source: SqlSource,
  database: MigratedDatabase | undefined,
  labels: Record<string, string>,
): Promise<Pending | undefined> {
  const files = await keptSqlFiles(imageId, source.folder, () =>
    readSqlFiles(docker, imageId, source.folder, labels),
  );
  if (files === undefined) return undefined;
  const { appliedTable, appliedColumn } = source;
  const applied =
    database === undefined || appliedTable === undefined || appliedColumn === undefined
      ? undefined
      : await appliedNames(docker, database, appliedTable, appliedColumn);
  if (applied === undefined) return { files, known: false };
  return { files: files.filter(({ name }) => !isApplied(name, applied)), known: true };
}
