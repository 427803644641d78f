// Searches a masked copy for the values that were masked, inside the server that made it. It fails closed: what it can't
// search is an error, and each run has to find a value that it planted itself.
import { randomBytes } from "node:crypto";
import type Docker from "dockerode";
import { printable } from "../../../lib/printable.ts";
import { exec, inspect } from "../../../provider/docker/containers.ts";

/** Shorter values stand in many texts by chance; they are masked too, but not looked for afterwards. */
export const SHORTEST_LOOKED_FOR = 8;

/** Of a longer value the beginning is looked for, in bytes: a copy that has so much of it has the value. */
const LONGEST_LOOKED_FOR = 256;

/** Names in the folder that is searched: the values, one a line as COPY writes them, and the copy as plain SQL. */
export const ORIGINALS = "originals";
export const PLAIN = "plain.sql";

/**
 * Bytes of values that one pass looks for. grep takes about 75 times as much memory (measured: 152 MB for 2 MB, GNU grep
 * 3.11), and the server beside it needs the rest.
 */
export function bytesPerPass(memory: number): number {
  const share = memory === 0 ? Number.POSITIVE_INFINITY : Math.floor(memory / 256);
  return Math.min(2 ** 21, Math.max(2 ** 16, share));
}

/**
 * $1 the folder, $2 bytes a pass, $3 the planted value as a line of the originals, $4 the same as a row of the copy.
 * Prints the tables in which something was found, never what was found.
 *
 * Both sides are brought into one form: no case, no quotes and no backslashes, in which COPY, JSON, arrays and composite
 * values differ. No pipe: the exit code of its first command would be lost.
 */
const SEARCH = `set -eu
export LC_ALL=C
umask 077
cd "$1"
fold() { tr -d '"\\\\' < "$1" > "$2.part"; tr A-Z a-z < "$2.part" > "$2"; rm "$2.part"; }
[ -f ${ORIGINALS} ] && [ -s ${PLAIN} ]
printf '%s\\n' "$3" > planted
printf 'COPY tandem.planted (value) FROM stdin;\\n%s\\n' "$4" >> ${PLAIN}
line=$(awk 'END { print NR }' ${PLAIN})
fold planted planted.folded
fold ${PLAIN} plain.folded
fold ${ORIGINALS} originals.folded
awk -v least=${SHORTEST_LOOKED_FOR} -v most=${LONGEST_LOOKED_FOR} \\
  'length($0) >= least { print substr($0, 1, most) }' originals.folded > values.unsorted
rm originals.folded
sort -u -S 32M -T . values.unsorted > values
rm values.unsorted
rm -f pass.*
awk -v limit="$2" -v planted="$(cat planted.folded)" 'BEGIN { begin() }
  function begin() { n++; size = 0; file = "pass." n; print planted > file }
  { if (size > 0 && size + length($0) + 1 > limit) { close(file); begin() } size += length($0) + 1; print > file }
  END { print n > "passes"; print NR + n > "lines" }' values
passes=$(cat passes)
[ "$(awk 'END { print NR }' pass.*)" = "$(cat lines)" ]
rm values
text=; echo | grep -a '' > /dev/null 2>&1 && text=-a
: > hits
pass=1
while [ "$pass" -le "$passes" ]; do
  code=0; grep $text -n -F -f "pass.$pass" plain.folded > found || code=$?
  if [ "$code" -gt 1 ]; then echo "error: grep ended with exit code $code in pass $pass of $passes" >&2; exit 3; fi
  cut -d : -f 1 found > found.lines
  grep -q -x "$line" found.lines || { echo "error: pass $pass of $passes did not find the planted value" >&2; exit 3; }
  cat found.lines >> hits
  rm "pass.$pass" found found.lines
  pass=$((pass + 1))
done
awk -v planted="$line" 'NR == FNR { hit[$1]; next } /^COPY / { table = $2 } /^\\\\\\.$/ { table = "" }
  FNR in hit && FNR != planted { print (table == "" ? "the structure" : table) }' hits ${PLAIN} > where
sort -u where`;

/** A made-up value that differs in case, quotes and line ends from its row in the copy. */
function planted(): { value: string; row: string } {
  const [one, two, three] = Array.from({ length: 3 }, () => randomBytes(8).toString("hex"));
  return {
    value: `${one}"${two}\\n${three}`,
    row: `{"planted": "${one?.toUpperCase()}\\\\"${two}\\\\n${three}"}`,
  };
}

/**
 * Looks for the values in `folder`/originals in `folder`/plain.sql, which it changes.
 *
 * @returns the tables that have one, "the structure" for what isn't a row
 * @throws where it could not search all of it for all of them
 */
export async function findOriginals(docker: Docker, id: string, folder: string): Promise<string[]> {
  const memory = (await inspect(docker, id))?.HostConfig.Memory ?? 0;
  const { value, row } = planted();
  const command = ["sh", "-c", SEARCH, "search", folder, String(bytesPerPass(memory)), value, row];
  const { exitCode, stdout, output } = await exec(docker, id, command);
  if (exitCode !== 0) {
    const why = output.split("\n").filter((line) => /error|memory|space|killed/i.test(line));
    throw new Error(
      `the copy could not be searched, so it is not used: ${why.slice(0, 2).join("; ") || `exit code ${exitCode}`}`,
    );
  }
  return stdout.split("\n").flatMap((name) => (name === "" ? [] : [printable(name)]));
}
