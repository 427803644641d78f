// Restore points: named dumps of a database, made and kept by its server, readable by the server's user only.
//
// They lie beside the data folder, on the same volume: they are there whichever machine runs the engine and need no room
// of their own. They bring back what a migration did. They don't survive the loss of the volume, which is what backups
// are for.
import type Docker from "dockerode";
import { exec } from "../docker/containers.ts";
import { administratorEnv, literal, psql } from "./psql.ts";

/** A restore point. */
export interface RestorePoint {
  /** `20261121-090258-before-migration`: when, in UTC, and why. */
  name: string;
  database: string;
  /** When it was made (ISO 8601). */
  createdAt: string;
  /** Size in bytes, compressed. */
  bytes: number;
  /** Hash of the dump. */
  sha256: string;
  /** Tables whose rows are in it. */
  tables: number;
}

/** A database on a server in a container. */
export interface DumpedDatabase {
  containerId: string;
  name: string;
}

/** Most time that a dump may take, in seconds. */
const TIME_LIMIT = 3600;
/** Names as this makes them; anything else in the folder is none of ours. */
export const NAME = /^\d{8}-\d{6}-(before|from)-[a-z0-9-]+$/;

/**
 * Tables with rows that a dump must have: of those that an extension brought along, its configuration tables
 * (`pg_extension_config_dump`).
 */
const TABLES =
  "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' " +
  "AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND NOT starts_with(n.nspname, 'pg_toast') AND NOT " +
  "starts_with(n.nspname, 'pg_temp') AND NOT EXISTS (SELECT FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid WHERE " +
  "d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e' AND c.oid <> ALL (coalesce(e.extconfig, '{}')));";

/** Longest time that a dump waits for a table that somebody holds, in milliseconds. */
const LOCK_WAIT_MS = 60_000;

/**
 * $1 folder, $2 database, $3 name, $4 size of the database. Leaves nothing behind when it fails. It runs as the
 * administrator, who sees every row, in a pinned session: rows are copied from tables without planner, policy or rule, what
 * describes them is written by functions of Postgres' own, and a view that takes a table's place meanwhile is refused.
 */
const DUMP = `set -eu
umask 077
mkdir -p "$1"
chmod 700 "$(dirname "$1")" "$1"
free=$(df -Pk "$1" | awk 'NR == 2 { print $4 }')
if [ "$free" -lt "$(($4 / 1024))" ]; then
  echo "the volume has $free KiB left, and the database has $(($4 / 1024)) KiB: make room on it" >&2
  exit 28
fi
part="$1/$3.part"
trap 'rm -f "$part"' EXIT
timeout ${TIME_LIMIT} pg_dump --no-password --lock-wait-timeout ${LOCK_WAIT_MS} --format custom --file "$part" "$2"
pg_restore --file /dev/null "$part"
echo "tables $(pg_restore --list "$part" | grep -c ' TABLE DATA ' || true)"
echo "bytes $(wc -c < "$part")"
echo "sha256 $(sha256sum "$part" | cut -d ' ' -f 1)"
mv "$part" "$1/$3.dump"
`;

/** $1 folder, $2 size of a dump. Its rows take more room than that once they are restored: ten times is usual. */
const MAKE_ROOM = `set -eu
umask 077
mkdir -p "$1"
chmod 700 "$(dirname "$1")" "$1"
free=$(df -Pk "$1" | awk 'NR == 2 { print $4 }')
if [ "$free" -lt "$(($2 * 10 / 1024))" ]; then
  echo "the volume has $free KiB left, and the dump has $(($2 / 1024)) KiB, packed: make room on it" >&2
  exit 28
fi
`;

async function shell(
  docker: Docker,
  containerId: string,
  script: string,
  ...args: string[]
): Promise<{ exitCode: number; stdout: string; output: string }> {
  const command = ["sh", "-c", script, "restore-point", ...args];
  return await exec(docker, containerId, command, undefined, undefined, administratorEnv());
}

/** A name that sorts by time. */
export function restorePointName(why: string, now: Date): string {
  return `${now.toISOString().replaceAll(/[-:]/g, "").replace("T", "-").slice(0, 15)}-${why}`;
}

/** Folder of a database's restore points: beside the data folder, on its volume. */
export async function restorePointFolder(
  docker: Docker,
  { containerId, name }: DumpedDatabase,
): Promise<string> {
  const data = await psql(docker, containerId, "SHOW data_directory;");
  return `${data.slice(0, data.lastIndexOf("/"))}/restore-points/${name}`;
}

/** Tables of a database that a person or a migration made. */
export async function countTables(docker: Docker, { containerId, name }: DumpedDatabase): Promise<number> {
  return Number(await psql(docker, containerId, TABLES, { database: name }));
}

/**
 * Makes a restore point and proves it readable: every block of it is unpacked, and it must have the rows of every table.
 *
 * @param why the end of its name, such as `migration`
 * @throws when the dump fails, is not complete, or there is no room for it; nothing is left behind then.
 */
export async function makeRestorePoint(
  docker: Docker,
  database: DumpedDatabase,
  why: "migration" | "restore" | "seed",
  now: Date = new Date(),
): Promise<RestorePoint> {
  const { containerId } = database;
  const folder = await restorePointFolder(docker, database);
  const name = restorePointName(`before-${why}`, now);
  const size = await psql(docker, containerId, `SELECT pg_database_size(${literal(database.name)});`);
  const before = await countTables(docker, database);
  const { exitCode, stdout, output } = await shell(
    docker,
    containerId,
    DUMP,
    folder,
    database.name,
    name,
    size,
  );
  if (exitCode !== 0)
    throw new Error(`pg_dump of ${database.name} failed: ${output.trim() || `exit code ${exitCode}`}`);
  const said = (key: string) => new RegExp(`^${key} (\\S+)$`, "m").exec(stdout)?.[1] ?? "";
  const point: RestorePoint = {
    name,
    database: database.name,
    createdAt: now.toISOString(),
    bytes: Number(said("bytes")),
    sha256: said("sha256"),
    tables: Number(said("tables")),
  };
  if (point.tables !== before) {
    await removeRestorePoint(docker, database, name);
    throw new Error(`the dump of ${database.name} has the rows of ${point.tables} tables of ${before}`);
  }
  await writeFacts(docker, database, point);
  return point;
}

/** Makes it count: what has no facts beside it isn't listed. */
async function writeFacts(docker: Docker, database: DumpedDatabase, point: RestorePoint): Promise<void> {
  const path = `${await restorePointFolder(docker, database)}/${point.name}.json`;
  const script = 'umask 077; printf "%s\\n" "$2" > "$1"';
  await shell(docker, database.containerId, script, path, JSON.stringify(point));
}

/**
 * Takes in a dump that was made elsewhere, as a restore point.
 *
 * @param bring puts the file at the path that it is given
 * @throws when there is no room for it, or what arrived is not what was sent; nothing is left behind then.
 */
export async function adoptRestorePoint(
  docker: Docker,
  database: DumpedDatabase,
  point: RestorePoint,
  bring: (path: string) => Promise<void>,
): Promise<void> {
  const { containerId } = database;
  const folder = await restorePointFolder(docker, database);
  const { exitCode, output } = await shell(docker, containerId, MAKE_ROOM, folder, String(point.bytes));
  if (exitCode !== 0) throw new Error(`no room for ${point.name}: ${output.trim()}`);
  try {
    await bring(`${folder}/${point.name}.dump`);
    await verifyRestorePoint(docker, database, point);
  } catch (error) {
    await removeRestorePoint(docker, database, point.name);
    throw error;
  }
  await writeFacts(docker, database, point);
}

/** All restore points of a database, newest first. */
export async function listRestorePoints(docker: Docker, database: DumpedDatabase): Promise<RestorePoint[]> {
  const folder = await restorePointFolder(docker, database);
  const script = 'cd "$1" 2>/dev/null || exit 0; for f in *.json; do [ -f "$f" ] && cat "$f"; done; true';
  const { stdout } = await shell(docker, database.containerId, script, folder);
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as RestorePoint)
    .filter(({ name }) => NAME.test(name))
    .sort((one, other) => other.name.localeCompare(one.name));
}

/** Deletes the oldest until `keep` are left; returns the names of those deleted. */
export async function pruneRestorePoints(
  docker: Docker,
  database: DumpedDatabase,
  keep: number,
): Promise<string[]> {
  const old = (await listRestorePoints(docker, database)).slice(keep);
  for (const { name } of old) await removeRestorePoint(docker, database, name);
  return old.map(({ name }) => name);
}

/**
 * Checks a restore point before it is needed: its hash, and that every block can be unpacked.
 *
 * @throws when it is damaged or gone.
 */
export async function verifyRestorePoint(
  docker: Docker,
  database: DumpedDatabase,
  point: RestorePoint,
): Promise<string> {
  const path = await restorePointPath(docker, database, point.name);
  const script = `set -e; echo "$2  $1" | sha256sum --check --status - || { echo "its hash is not $2" >&2; exit 1; }
pg_restore --file /dev/null "$1"`;
  const { exitCode, output } = await shell(docker, database.containerId, script, path, point.sha256);
  if (exitCode !== 0)
    throw new Error(`restore point ${point.name} is damaged: ${output.trim() || "it is gone"}`);
  return path;
}

/** Path of a restore point's dump in its server's container. */
export async function restorePointPath(
  docker: Docker,
  database: DumpedDatabase,
  name: string,
): Promise<string> {
  return `${await restorePointFolder(docker, database)}/${name}.dump`;
}

/** Deletes a restore point; finding it gone is no error. */
export async function removeRestorePoint(
  docker: Docker,
  database: DumpedDatabase,
  name: string,
): Promise<void> {
  const path = `${await restorePointFolder(docker, database)}/${name}`;
  await shell(docker, database.containerId, 'rm -f "$1.json" "$1.dump"', path);
}
