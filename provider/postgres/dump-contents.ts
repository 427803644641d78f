// What of a dump a restore takes: all that the database's owner can make. Extensions are made by the administrator
// beforehand; of the rest that only an administrator can make, people are told.

/** Kinds of entries that only a superuser can make; a stack has none of them. */
const ADMINISTRATORS = [
  "EVENT TRIGGER",
  "PUBLICATION TABLES IN SCHEMA",
  "PUBLICATION TABLE",
  "PUBLICATION",
  "SUBSCRIPTION TABLE",
  "SUBSCRIPTION",
  "FOREIGN DATA WRAPPER",
  "PROCEDURAL LANGUAGE",
  "OPERATOR CLASS",
  "OPERATOR FAMILY",
  "ACCESS METHOD",
  "TRANSFORM",
  "SECURITY LABEL",
];

/** What to restore. */
export interface Selection {
  /** The dump's list of contents without what is left out, for `pg_restore --use-list`. */
  list: string;
  /** What was left out and isn't made otherwise, for people. */
  left: string[];
}

/** The dump's list: `3; 1259 16386 TABLE public notes shop_owner`, comments after a semicolon. */
const ENTRY = /^\d+; \d+ \d+ (.+)$/;

/**
 * Chooses the entries of a dump that its database's owner restores.
 *
 * @param listed what `pg_restore --list` printed
 * @param made extensions and schemas that are there already
 * @param owner the database's owner: default privileges of others are theirs to give
 */
export function selectEntries(
  listed: string,
  made: { extensions: ReadonlySet<string>; schemas: ReadonlySet<string> },
  owner: string,
): Selection {
  const left: string[] = [];
  const lines = listed.split("\n").filter((line) => {
    const entry = ENTRY.exec(line)?.[1];
    if (entry === undefined) return false;
    const [, comment, extension = ""] = /^(COMMENT - )?EXTENSION (?:- )?(.*?) *$/.exec(entry) ?? [];
    if (extension !== "") return comment === undefined && !made.extensions.has(extension);
    const schema = /^SCHEMA - (.+) \S+$/.exec(entry)?.[1];
    if (schema !== undefined && made.schemas.has(schema)) return false;
    const foreign = entry.startsWith("DEFAULT ACL ") && !entry.endsWith(` ${owner}`);
    const kind = ADMINISTRATORS.find((one) => entry.startsWith(`${one} `));
    if (kind === undefined && !foreign) return true;
    left.push(entry);
    return false;
  });
  return { list: `${lines.join("\n")}\n`, left };
}
