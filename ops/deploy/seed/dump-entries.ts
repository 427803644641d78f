// Which entries of a dump go into the server that masks it: what a restore takes (provider/postgres/dump-contents.ts), without what
// leads out of the database or holds rows that no mask reaches.
import { type Selection, selectEntries } from "../../../provider/postgres/dump-contents.ts";

const LEFT_OUT =
  /^(?:SERVER|USER MAPPING|BLOBS?|BLOB METADATA) |^(?:COMMENT|ACL) - (?:FOREIGN SERVER|FOREIGN DATA WRAPPER|EVENT TRIGGER|PUBLICATION|SUBSCRIPTION|LARGE OBJECTS?) /;

/** The same as a restore's, with less of it. */
export function maskedEntries(...args: Parameters<typeof selectEntries>): Selection {
  const { list, left } = selectEntries(...args);
  const more: string[] = [];
  const lines = list.split("\n").filter((line) => {
    // `16; 2615 2200 SERVER - elsewhere owner`.
    const entry = line.replace(/^\d+; \d+ \d+ /, "");
    if (!LEFT_OUT.test(entry)) return true;
    more.push(entry);
    return false;
  });
  return { list: lines.join("\n"), left: [...left, ...more] };
}
