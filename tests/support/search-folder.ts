// A folder with values and a copy to search, in a container as the masked copy has one: no network, little memory.
import { exec } from "../../provider/docker/containers.ts";
import { docker, uniqueName } from "./docker.ts";

/** Where it lies in the container. */
export const FOLDER = "/search";

/** $1 how many values there are, $2 how many rows. None of the values is in a row. */
const FILL = `set -eu
cd ${FOLDER}
awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++) printf "Person.%d@Customer%d.example\\n", i * 7919, i % 9973 }' > originals
awk -v n="$2" 'BEGIN { print "COPY public.people (id, email, note) FROM stdin;"
  for (i = 0; i < n; i++) printf "%d\\tuser-%012d@example.invalid\\tlorem ipsum dolor sit amet\\n", i, i * 31
  print "\\\\." }' > plain.sql`;

/** Such a container. */
export class SearchFolder {
  readonly id: string;

  private constructor(id: string) {
    this.id = id;
  }

  /** @param megabytes of memory. @param disk of the folder, in MB; the container's own disk when left out */
  static async start(image: string, megabytes: number, disk?: number): Promise<SearchFolder> {
    const container = await docker.createContainer({
      name: uniqueName("tandem-test-search-"),
      Image: image,
      Entrypoint: ["sleep", "600"],
      Cmd: [],
      HostConfig: {
        AutoRemove: true,
        NetworkMode: "none",
        Memory: megabytes * 2 ** 20,
        MemorySwap: megabytes * 2 ** 20,
        ...(disk === undefined ? {} : { Tmpfs: { [FOLDER]: `size=${disk}m` } }),
      },
    });
    await container.start();
    const folder = new SearchFolder(container.id);
    await folder.run(`mkdir -p ${FOLDER}`);
    return folder;
  }

  /** Runs a script as root. */
  async run(script: string, ...args: string[]): Promise<string> {
    const { exitCode, stdout, output } = await exec(docker, this.id, ["sh", "-c", script, "sh", ...args]);
    if (exitCode !== 0) throw new Error(output);
    return stdout.trim();
  }

  /** Makes values and rows anew. */
  async fill(values: number, rows: number): Promise<void> {
    await this.run(FILL, String(values), String(rows));
  }

  /** Adds a value, and a table with one row to the end of the copy, each as COPY writes it. */
  async add(value: string | undefined, row: string, table = "public.kept"): Promise<void> {
    if (value !== undefined) await this.run(`printf '%s\\n' "$1" >> ${FOLDER}/originals`, value);
    const more = `printf 'COPY %s (value) FROM stdin;\\n%s\\n%s\\n' "$2" "$1" '\\.' >> ${FOLDER}/plain.sql`;
    await this.run(more, row, table);
  }

  async remove(): Promise<void> {
    await docker.getContainer(this.id).remove({ force: true });
  }
}
