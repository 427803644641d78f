// Makes a masked dump of a database on its own host: dumped, put into a server without a network, masked, dumped anew,
// and searched for what must not be in it. No row leaves the host unmasked.
import { randomBytes } from "node:crypto";
import type Docker from "dockerode";
import type { SeedDefinition } from "../../infra/settings/seed.ts";
import { exec } from "../../provider/containers.ts";
import { type ContainerFile, copyBetween } from "../../provider/dump-transfer.ts";
import { identifier, psql } from "../../provider/psql.ts";
import {
  type DumpedDatabase,
  makeRestorePoint,
  removeRestorePoint,
  restorePointPath,
} from "../../provider/restore-point.ts";
import type { Column } from "./columns.ts";
import { maskStatements, originals, SHORTEST_LOOKED_FOR } from "./masks.ts";
import { FOLDER, withScratchServer } from "./scratch.ts";

/** A finished copy, as long as its server is there. */
export interface MaskedCopy extends ContainerFile {
  bytes: number;
  sha256: string;
  tables: number;
}

/** What to copy. */
export interface CopyRequest {
  docker: Docker;
  system: string;
  environment: string;
  database: DumpedDatabase;
  definition: SeedDefinition;
  columns: readonly Column[];
  /** The source's roles, each with the one that takes its place; of any other the copy knows nothing. */
  roles: ReadonlyMap<string, string>;
  /** Told what happens. */
  say: (line: string) => void;
}

const FILES = `${FOLDER}/files`;
const ORIGINAL = `${FILES}/original.dump`;
const MASKED = `${FILES}/masked.dump`;
const COPY = { database: "copy", commands: true };

/** An error may repeat a row; what follows its first line is left out. */
function withoutRows(output: string): string {
  return output
    .split("\n")
    .filter((line) => /error|fatal|panic/i.test(line) && !/^(DETAIL|CONTEXT|Command was)/.test(line.trim()))
    .slice(0, 3)
    .join("\n");
}

async function run(
  docker: Docker,
  id: string,
  what: string,
  script: string,
  ...args: string[]
): Promise<string> {
  const { exitCode, stdout, output } = await exec(docker, id, [
    "sh",
    "-c",
    `set -eu\n${script}`,
    "seed",
    ...args,
  ]);
  if (exitCode !== 0) throw new Error(`${what} failed: ${withoutRows(output) || `exit code ${exitCode}`}`);
  return stdout.trim();
}

async function sql(docker: Docker, id: string, what: string, statements: string): Promise<void> {
  try {
    await psql(docker, id, `\\set VERBOSITY terse\n\\set SHOW_CONTEXT never\n${statements}`, COPY);
  } catch (error) {
    throw new Error(`${what} failed: ${withoutRows(error instanceof Error ? error.message : String(error))}`);
  }
}

/** The roles that a dump names, made before it is restored. They can do nothing. */
async function makeRoles(docker: Docker, scratch: string, source: DumpedDatabase): Promise<string[]> {
  const query = "SELECT rolname FROM pg_roles WHERE rolname <> 'postgres' AND rolname !~ '^pg_';";
  const names = (await psql(docker, source.containerId, query)).split("\n").filter((name) => name !== "");
  await sql(
    docker,
    scratch,
    "making roles",
    names.map((name) => `CREATE ROLE ${identifier(name)};`).join("\n"),
  );
  return names;
}

/** Gives the target's names to the roles that have one there, and takes the others off everything. */
function renameRoles(names: readonly string[], roles: ReadonlyMap<string, string>): string {
  const gone = names.filter((name) => !roles.has(name)).map(identifier);
  const renamed = names.flatMap((name, index) => {
    const target = roles.get(name);
    return target === undefined ? [] : [{ name, target, between: `tandem_seed_${index}` }];
  });
  return [
    ...gone.map((name) => `REASSIGN OWNED BY ${name} TO postgres; DROP OWNED BY ${name}; DROP ROLE ${name};`),
    // In two steps: a new name may be an old name of another.
    ...renamed.map(({ name, between }) => `ALTER ROLE ${identifier(name)} RENAME TO ${identifier(between)};`),
    ...renamed.map(
      ({ between, target }) => `ALTER ROLE ${identifier(between)} RENAME TO ${identifier(target)};`,
    ),
  ].join("\n");
}

/** $1 the dump. Newer versions put statistics into a dump: the most common values of each column. */
const DUMP = `extra=; pg_dump --help | grep -q -e --no-statistics && extra=--no-statistics
pg_dump --username postgres --format custom --no-blobs $extra --file "$1" copy
echo "$(wc -c < "$1") $(sha256sum "$1" | cut -d ' ' -f 1) $(pg_restore --list "$1" | grep -c ' TABLE DATA ' || true)"`;

/** $1 the dump, $2 the folder of the originals. Prints the tables in which one was found, never what was found. */
const SEARCH = `export LC_ALL=C
cat "$2"/originals.* 2>/dev/null | sort -u > "$2/all" || true
[ -s "$2/all" ] || exit 0
pg_restore --file - "$1" > "$2/plain"
grep -n -F -f "$2/all" "$2/plain" | cut -d : -f 1 > "$2/lines" || true
awk 'NR == FNR { hit[$1]; next } /^COPY / { table = $2 } /^\\\\\\.$/ { table = "" }
  FNR in hit { print (table == "" ? "the structure" : table) }' "$2/lines" "$2/plain" | sort -u`;

/**
 * Makes the copy and hands it to `use`; afterwards nothing of it is left on the host.
 *
 * @throws when a step fails, or a value that was to be masked stands anywhere in the copy
 */
export async function withMaskedCopy<T>(
  request: CopyRequest,
  use: (copy: MaskedCopy) => Promise<T>,
): Promise<T> {
  const { docker, database, definition, columns, system, environment, say } = request;
  const point = await makeRestorePoint(docker, database, "seed");
  try {
    const source = {
      docker,
      containerId: database.containerId,
      path: await restorePointPath(docker, database, point.name),
    };
    return await withScratchServer(
      docker,
      { system, environment, source: database.containerId },
      async (scratch) => {
        const at = (path: string) => ({ docker, containerId: scratch, path });
        await copyBetween(source, at(ORIGINAL), "postgres");
        await removeRestorePoint(docker, database, point.name);
        const names = await makeRoles(docker, scratch, database);
        const restore = `pg_restore --username postgres --no-password --exit-on-error --dbname copy "$1"; rm "$1"`;
        await run(docker, scratch, "restoring the dump beside production", restore, ORIGINAL);
        say(`${database.name}: ${point.tables} tables are in a server without a network; masking`);
        await sql(docker, scratch, "noting the originals", originals(definition, columns, FILES));
        const key = randomBytes(32).toString("hex");
        await sql(docker, scratch, "masking", maskStatements(definition, columns, key));
        await sql(docker, scratch, "renaming roles", renameRoles(names, request.roles));
        const facts = await run(docker, scratch, "dumping the masked copy", DUMP, MASKED);
        const [bytes = "", sha256 = "", tables = ""] = facts.split(" ");
        const found = await run(docker, scratch, "searching the masked copy", SEARCH, MASKED, FILES);
        if (found !== "") {
          throw new Error(
            `values that were to be masked stand in the copy, in ${found.split("\n").join(", ")}: a column that is ` +
              `kept repeats what another hides (values of ${SHORTEST_LOOKED_FOR} characters and more are looked for)`,
          );
        }
        return await use({ ...at(MASKED), bytes: Number(bytes), sha256, tables: Number(tables) });
      },
    );
  } finally {
    await removeRestorePoint(docker, database, point.name);
  }
}
