// The SQL files of a migration as they lie in the application's image, without their way back down.
import { basename, extname } from "node:path";
import { text } from "node:stream/consumers";
import type Docker from "dockerode";
import { extract } from "tar-stream";
import { isNotFound, TRANSIENT } from "../../docker/containers.ts";
import type { SqlFile } from "./sql-risks.ts";

/** More than a folder of migrations has, in bytes: what is bigger is data and no statement to look at. */
const LARGEST = 4 * 1024 * 1024;

/**
 * Where the way back begins: node-pg-migrate, dbmate, goose, sql-migrate. What stands below it doesn't run in a deploy.
 */
const DOWN = /^[ \t]*--[ \t]*(?:down migration|migrate:down|\+goose down|\+migrate down)\b/im;
const UP = /^[ \t]*--[ \t]*(?:up migration|migrate:up|\+goose up|\+migrate up)\b/im;

/** The part of a file that a deploy runs; blanks keep the lines in their places. */
export function upPart(sql: string): string {
  const down = DOWN.exec(sql)?.index;
  if (down === undefined) return sql;
  const up = UP.exec(sql)?.index ?? 0;
  if (down > up) return sql.slice(0, down);
  return sql.slice(0, up).replaceAll(/[^\n]/g, " ") + sql.slice(up);
}

/**
 * Reads the folder's `*.sql` files in the order of their names, those of subfolders too.
 *
 * @param labels for the container that is made to read from and never started
 * @returns undefined where the image has no such folder.
 */
export async function readSqlFiles(
  docker: Docker,
  imageId: string,
  folder: string,
  labels: Record<string, string>,
): Promise<SqlFile[] | undefined> {
  const container = await docker.createContainer({
    Image: imageId,
    Cmd: ["true"],
    Labels: { ...labels, [TRANSIENT]: "true" },
    HostConfig: { NetworkMode: "none" },
  });
  try {
    const archive = await container.getArchive({ path: folder });
    const files: SqlFile[] = [];
    for await (const entry of archive.pipe(extract())) {
      const { name, type, size = 0 } = entry.header;
      const runs = type === "file" && extname(name) === ".sql" && !/\.(down|undo)\.sql$/.test(name);
      const content = await text(entry);
      if (runs && size <= LARGEST)
        files.push({ name: name.slice(name.indexOf("/") + 1), sql: upPart(content) });
    }
    return files.sort((one, other) => (one.name < other.name ? -1 : 1));
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  } finally {
    await container.remove({ force: true, v: true }).catch(() => undefined);
  }
}

/**
 * Whether a tool's own record names the file: by its name with or without extension, by its folder (Prisma), or by the
 * number that it begins with (golang-migrate, dbmate).
 */
export function isApplied(name: string, applied: ReadonlySet<string>): boolean {
  const file = basename(name);
  const bare = file.replace(/(\.up)?\.sql$/, "");
  const folder = name.includes("/") ? name.split("/").at(-2) : undefined;
  const number = /^\d+/.exec(bare)?.[0];
  return [file, bare, folder, number, number?.replace(/^0+(?=\d)/, "")].some(
    (form) => form !== undefined && applied.has(form),
  );
}
