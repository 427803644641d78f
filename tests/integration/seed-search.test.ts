// The search of a masked copy: finds one value among very many in little memory, and fails where it can't search.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { recordSoak } from "../../bench/soak.ts";
import { findOriginals } from "../../ops/deploy/seed/search.ts";
import { docker } from "../support/docker.ts";
import { SOAK } from "../support/long-form.ts";
import { requirePostgresImage } from "../support/postgres.ts";
import { FOLDER, SearchFolder } from "../support/search-folder.ts";

const image = await requirePostgresImage();
/** In full by `./tandem test soak`. */
const VALUES = SOAK ? 1_000_000 : 100_000;
/** Too little for all values at once, of which grep would take 75 times as much. */
const MEMORY_MB = SOAK ? 512 : 128;

describe(`the search of a masked copy in ${image}`, () => {
  let folder: SearchFolder;
  const found = () => findOriginals(docker, folder.id, FOLDER);

  beforeAll(async () => {
    folder = await SearchFolder.start(String(image), MEMORY_MB);
  });

  afterAll(() => folder?.remove());

  it(`finds nothing where nothing is, and then the one of ${VALUES} that is`, async () => {
    await folder.fill(VALUES, VALUES);
    const start = performance.now();
    expect(await found()).toEqual([]);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    await folder.fill(VALUES, VALUES);
    const middle = Math.floor(VALUES / 2);
    await folder.add(undefined, `7\tperson.${middle * 7919}@customer${middle % 9973}.example`);
    expect(await found()).toEqual(["public.kept"]);
    if (!SOAK) return;
    recordSoak("search of a masked copy", {
      what: `one of ${VALUES} values looked for in ${VALUES} rows, in a container with 512 MiB and no swap`,
      passed: true,
      findings: {
        "without the value": `nothing found in ${seconds} s`,
        "with the value in one row, in another case": "found, and its table named",
      },
    });
  }, 600_000);

  it("finds a value in whatever form, says where, and looks for none under 8 characters", async () => {
    await folder.fill(1, 1);
    const cases: Record<string, [value: string, row: string]> = {
      "another.case": ["Margarete Holm", "for MARGARETE HOLM, again"],
      "kept.json": ['She said "call Max"', '{"text": "She said \\\\"call Max\\\\" twice"}'],
      "text.array": ['He said "call Eva"', '{a,"He said \\\\"call Eva\\\\""}'],
      "more.lines": ["Main Street 1\\nBerlin", '{"address": "Main Street 1\\\\nBerlin"}'],
      "back.slashes": ["C:\\\\Users\\\\margarete", "see C:\\\\Users\\\\margarete\\\\Desktop"],
      "bytea.hexadecimal": ["4d6172676172657465", "\\\\x004d617267617265746500"],
      "pattern.characters": ["[a-z]*.holm^$", "x[a-z]*.holm^$x"],
      "very.long": ["long ".repeat(1000), "long ".repeat(60)],
    };
    for (const [table, [value, row]] of Object.entries(cases)) await folder.add(value, row, table);
    await folder.run(`echo "COMMENT ON TABLE x IS 'of Margarete Holm';" >> ${FOLDER}/plain.sql`);
    await folder.add("Holm", "Holm", "too.short");
    expect(await found()).toEqual([...Object.keys(cases), "the structure"].sort());
  });

  it.each<[string, string, RegExp]>([
    ["grep finds nothing any more", "exit 1", /pass 1 of \d+ did not find the planted value/],
    ["grep is killed", "kill -9 $$", /grep ended with exit code 137/],
    [
      "grep found the planted value and then ran out of memory",
      '/usr/bin/grep "$@"; exit 2',
      /grep ended with exit code 2 in pass 1/,
    ],
  ])("fails where %s", async (_, script, message) => {
    await folder.fill(1, 1);
    const fake = `printf '#!/bin/sh\\ncase "$*" in *pass.*) %s;; *) exec /usr/bin/grep "$@";; esac\\n' "$1"`;
    await folder.run(`${fake} > /usr/local/bin/grep; chmod +x /usr/local/bin/grep`, script);
    try {
      await expect(found()).rejects.toThrow(message);
    } finally {
      await folder.run("rm /usr/local/bin/grep");
    }
  });

  it("fails where a file is missing or the disk is full", async () => {
    await folder.fill(1, 1);
    await folder.run(`rm ${FOLDER}/originals`);
    await expect(found()).rejects.toThrow("could not be searched");
    const small = await SearchFolder.start(String(image), 64, 4);
    try {
      await small.fill(20_000, 20_000);
      await expect(findOriginals(docker, small.id, FOLDER)).rejects.toThrow("No space left");
    } finally {
      await small.remove();
    }
  });
});
