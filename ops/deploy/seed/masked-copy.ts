// Makes a masked dump of a database on its own host: dumped, put into a server without a network, masked, dumped anew,
// and searched for what must not be in it. No row leaves the host unmasked.
import { randomBytes } from "node:crypto";
import type Docker from "dockerode";
import type { SeedDefinition } from "../../../infra/settings/seed.ts";
import { printable } from "../../../lib/printable.ts";
import { type ContainerFile, copyBetween } from "../../../provider/postgres/dump-transfer.ts";
import {
  type DumpedDatabase,
  makeRestorePoint,
  removeRestorePoint,
  restorePointPath,
} from "../../../provider/postgres/restore-point.ts";
import { columnsOf, definitionProblems } from "./columns.ts";
import { maskStatements } from "./masks.ts";
import { originals } from "./originals.ts";
import { FOLDER, withScratchServer } from "./scratch.ts";
import { ScratchDatabase } from "./scratch-database.ts";
import { findOriginals, ORIGINALS, PLAIN, SHORTEST_LOOKED_FOR } from "./search.ts";

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
  /** The source's roles, each with the one that takes its place; of any other the copy knows nothing. */
  roles: ReadonlyMap<string, string>;
  /** Told what happens. */
  say: (line: string) => void;
}

const FILES = `${FOLDER}/files`;
const ORIGINAL = `${FILES}/original.dump`;
const MASKED = `${FILES}/masked.dump`;

/** $1 the dump. Newer versions put statistics into a dump: the most common values of each column. */
const DUMP = `extra=
help=$(pg_dump --help)
case $help in *--no-statistics*) extra=--no-statistics;; esac
pg_dump --username "$login" --no-password --format custom --no-blobs $extra --file "$1" "$database"
pg_restore --list "$1" > "$1.list"
sum=$(sha256sum "$1")
echo "$(wc -c < "$1") \${sum%% *} $(grep -c ' TABLE DATA ' "$1.list" || true)"`;

/** $1 the dump, $2 the folder of the originals. */
const UNPACK = `pg_restore --file "$2/${PLAIN}" "$1"`;

/**
 * Makes the copy and hands it to `use`; afterwards nothing of it is left on the host.
 *
 * @throws when a step fails, or a value that was to be masked stands anywhere in the copy
 */
export async function withMaskedCopy<T>(
  request: CopyRequest,
  use: (copy: MaskedCopy) => Promise<T>,
): Promise<T> {
  const { docker, database, definition, system, environment, say } = request;
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
        const copy = await ScratchDatabase.create(docker, scratch, database);
        const { leftOut, finish } = await copy.restoreRows(ORIGINAL);
        for (const entry of leftOut) say(`${database.name}: left out: ${printable(entry)}`);
        // A migration may have run since the question was asked.
        const { database: place, username } = copy.place;
        const columns = await columnsOf(docker, place, username);
        const problems = definitionProblems(definition, columns);
        if (problems.length > 0)
          throw new Error(`production's tables changed meanwhile: ${problems.join("; ")}`);
        say(`${database.name}: ${point.tables} tables are in a server without a network; masking`);
        await copy.run("noting the originals", originals(definition, columns, `${FILES}/${ORIGINALS}`));
        const key = randomBytes(32).toString("hex");
        await copy.run("masking", maskStatements(definition, columns, key));
        await finish();
        await copy.handOver(request.roles);
        const facts = await copy.shell("dumping the masked copy", DUMP, MASKED);
        const [bytes = "", sha256 = "", tables = ""] = facts.split(" ");
        await copy.shell("unpacking the masked copy", UNPACK, MASKED, FILES);
        const found = await findOriginals(docker, scratch, FILES);
        if (found.length > 0) {
          throw new Error(
            `values that were to be masked stand in the copy, in ${found.join(", ")}: a column that is ` +
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
