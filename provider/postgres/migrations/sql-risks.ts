// Finds statements in a migration that destroy data or hold a lock while they work, by Postgres' own parser.
//
// The rules are those of squawk (https://squawkhq.com/docs/rules) and strong_migrations
// (https://github.com/ankane/strong_migrations#checks), and, for maintenance commands, Postgres' table of locks
// (https://www.postgresql.org/docs/current/explicit-locking.html). Each finding names the page that explains it.
import type { Node, RangeVar } from "libpg-query";
import { alterTableRisks } from "./alter-table-risks.ts";

/** What a statement does that people notice. */
export interface Risk {
  /** Short name of the rule. */
  rule: string;
  /** `destroys`: rows are gone afterwards; `locks`: others wait; `breaks`: a running version may fail. */
  kind: "destroys" | "locks" | "breaks" | "unchecked";
  /** What happens, and what to do instead where there is something. */
  reason: string;
  /** Page that explains it. */
  source: string;
}

/** A risk and where it stands. */
export interface Finding extends Risk {
  file: string;
  /** Line in the file, from 1. */
  line: number;
  /** Begin of the statement, on one line. */
  statement: string;
}

/** A file of SQL. */
export interface SqlFile {
  name: string;
  sql: string;
}

/** Page of a squawk rule. */
export function squawk(rule: string): string {
  return `https://squawkhq.com/docs/${rule}`;
}

const LOCKS = "https://www.postgresql.org/docs/current/explicit-locking.html";
const SHOWN = 100;

/** A name of a table as rules compare it; without a schema it is the search path's first, in most systems public. */
export function tableName(relation: RangeVar | undefined): string {
  return `${relation?.schemaname ?? "public"}.${relation?.relname ?? ""}`;
}

/**
 * Checks files in the order in which they run. Tables that one of them makes are new and empty: nobody waits for a lock on
 * those, and their rows are the migration's own.
 */
export async function sqlRisks(files: readonly SqlFile[]): Promise<Finding[]> {
  const { loadModule, parseSync } = await import("libpg-query");
  await loadModule();
  const fresh = new Set<string>();
  return files.flatMap(({ name, sql }) => {
    const bytes = Buffer.from(sql);
    const place = (location: number, length: number | undefined) => {
      const end = length === undefined || length === 0 ? bytes.length : location + length;
      const text = bytes.subarray(location, end).toString();
      const begin = location + Buffer.byteLength(leadingNoise(text));
      const line = bytes.subarray(0, begin).toString().split("\n").length;
      const statement = text.slice(leadingNoise(text).length).replaceAll(/\s+/g, " ").trim();
      return { file: name, line, statement: statement.slice(0, SHOWN) };
    };
    try {
      return (parseSync(sql).stmts ?? []).flatMap(({ stmt, stmt_location = 0, stmt_len }) =>
        stmt === undefined
          ? []
          : statementRisks(stmt, fresh).map((risk) => ({ ...risk, ...place(stmt_location, stmt_len) })),
      );
    } catch (error) {
      const at = (error as { sqlDetails?: { cursorPosition?: number } }).sqlDetails?.cursorPosition ?? 0;
      const reason = `could not be read as PostgreSQL's SQL and is not checked: ${(error as Error).message}`;
      const risk: Risk = {
        rule: "not-parsed",
        kind: "unchecked",
        reason,
        source: "https://github.com/pganalyze/libpg_query",
      };
      const line = sql.slice(0, at).split("\n").length;
      return [
        { ...risk, file: name, line, statement: sql.split("\n")[line - 1]?.trim().slice(0, SHOWN) ?? "" },
      ];
    }
  });
}

/** White space and comments before a statement. */
function leadingNoise(text: string): string {
  return /^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*/.exec(text)?.[0] ?? "";
}

function statementRisks(node: Node, fresh: Set<string>): Risk[] {
  if ("CreateStmt" in node) {
    fresh.add(tableName(node.CreateStmt.relation));
    return [];
  }
  if ("CreateTableAsStmt" in node) {
    fresh.add(tableName(node.CreateTableAsStmt.into?.rel));
    return [];
  }
  if ("AlterTableStmt" in node) {
    if (fresh.has(tableName(node.AlterTableStmt.relation))) return [];
    return (node.AlterTableStmt.cmds ?? []).flatMap((command) =>
      "AlterTableCmd" in command ? alterTableRisks(command.AlterTableCmd) : [],
    );
  }
  if ("RenameStmt" in node) return renameRisks(node.RenameStmt, fresh);
  if ("IndexStmt" in node) {
    if (node.IndexStmt.concurrent || fresh.has(tableName(node.IndexStmt.relation))) return [];
    const reason =
      "writes to the table wait until the index is built: CREATE INDEX CONCURRENTLY, outside of a transaction";
    return [
      {
        rule: "index-not-concurrently",
        kind: "locks",
        reason,
        source: squawk("require-concurrent-index-creation"),
      },
    ];
  }
  return removalRisks(node, fresh) ?? maintenanceRisks(node, fresh);
}

function renameRisks(
  { renameType, relation }: Extract<Node, { RenameStmt: unknown }>["RenameStmt"],
  fresh: Set<string>,
): Risk[] {
  if (fresh.has(tableName(relation))) return [];
  const what =
    renameType === "OBJECT_COLUMN" ? "column" : renameType === "OBJECT_TABLE" ? "table" : undefined;
  if (what === undefined) return [];
  const reason = `the version that still serves asks for the old name: add the new ${what}, move over, drop the old one later`;
  return [{ rule: `rename-${what}`, kind: "breaks", reason, source: squawk(`renaming-${what}`) }];
}

/** Statements that take rows or objects away; undefined where it is none. */
function removalRisks(node: Node, fresh: Set<string>): Risk[] | undefined {
  if ("DropStmt" in node) return dropRisks(node.DropStmt, fresh);
  if ("DropdbStmt" in node) {
    const reason = "the database and all that is in it is gone";
    return [{ rule: "drop-database", kind: "destroys", reason, source: squawk("ban-drop-database") }];
  }
  if ("TruncateStmt" in node) {
    const all = (node.TruncateStmt.relations ?? []).every(
      (one) => "RangeVar" in one && fresh.has(tableName(one.RangeVar)),
    );
    if (all) return [];
    const more =
      node.TruncateStmt.behavior === "DROP_CASCADE" ? ", also those of tables that refer to it" : "";
    const reason = `all rows are gone${more}, and everything else waits meanwhile`;
    return [{ rule: "truncate", kind: "destroys", reason, source: squawk("ban-truncate-cascade") }];
  }
  if ("DeleteStmt" in node || "UpdateStmt" in node) {
    const [word, statement] =
      "DeleteStmt" in node ? (["delete", node.DeleteStmt] as const) : (["update", node.UpdateStmt] as const);
    if (statement.whereClause !== undefined || fresh.has(tableName(statement.relation))) return [];
    const reason =
      word === "delete"
        ? "without WHERE all rows are gone"
        : "without WHERE every row is written anew in one transaction, and stays locked until its end: do it in batches";
    const source = "https://github.com/ankane/strong_migrations#backfilling-data";
    return [
      { rule: `${word}-without-where`, kind: word === "delete" ? "destroys" : "locks", reason, source },
    ];
  }
  return undefined;
}

function dropRisks(
  { removeType, concurrent, objects }: Extract<Node, { DropStmt: unknown }>["DropStmt"],
  fresh: Set<string>,
): Risk[] {
  if (removeType === "OBJECT_INDEX") {
    if (concurrent) return [];
    const reason = "everything on the table waits for it: DROP INDEX CONCURRENTLY, outside of a transaction";
    return [
      {
        rule: "drop-index-not-concurrently",
        kind: "locks",
        reason,
        source: squawk("require-concurrent-index-deletion"),
      },
    ];
  }
  const words: Partial<Record<string, string>> = {
    OBJECT_TABLE: "table",
    OBJECT_SCHEMA: "schema",
    OBJECT_MATVIEW: "materialized view",
    OBJECT_SEQUENCE: "sequence",
  };
  const word = words[removeType ?? ""];
  if (word === undefined || (word === "table" && (objects ?? []).every((one) => fresh.has(droppedName(one)))))
    return [];
  const reason = `the ${word} and all that is in it is gone`;
  return [
    { rule: `drop-${word.replace(" ", "-")}`, kind: "destroys", reason, source: squawk("ban-drop-table") },
  ];
}

/** A name in a DROP: its parts are a list of texts. */
function droppedName(node: Node): string {
  if (!("List" in node)) return "";
  const parts = (node.List.items ?? []).map((item) => ("String" in item ? (item.String.sval ?? "") : ""));
  return tableName({ schemaname: parts.at(-2), relname: parts.at(-1) });
}

/** Commands that hold a whole table. */
function maintenanceRisks(node: Node, fresh: Set<string>): Risk[] {
  const locks = (rule: string, reason: string): Risk[] => [{ rule, kind: "locks", reason, source: LOCKS }];
  if ("LockStmt" in node) {
    const all = (node.LockStmt.relations ?? []).every(
      (one) => "RangeVar" in one && fresh.has(tableName(one.RangeVar)),
    );
    return all ? [] : locks("lock-table", "holds the table until the end of the transaction");
  }
  if ("VacuumStmt" in node && hasOption(node.VacuumStmt.options, "full")) {
    return locks("vacuum-full", "writes the table anew, and everything on it waits");
  }
  if ("ClusterStmt" in node) return locks("cluster", "writes the table anew, and everything on it waits");
  if ("ReindexStmt" in node && !hasOption(node.ReindexStmt.params, "concurrently")) {
    return locks("reindex", "writes wait until it is done: REINDEX … CONCURRENTLY");
  }
  if ("RefreshMatViewStmt" in node && !node.RefreshMatViewStmt.concurrent) {
    return locks(
      "refresh",
      "readers of the view wait until it is done: REFRESH MATERIALIZED VIEW CONCURRENTLY",
    );
  }
  if ("DoStmt" in node) {
    const source = "https://www.postgresql.org/docs/current/sql-do.html";
    return [
      { rule: "do-block", kind: "unchecked", reason: "what a DO block does is not looked into", source },
    ];
  }
  return [];
}

function hasOption(options: Node[] | undefined, name: string): boolean {
  return (options ?? []).some((option) => "DefElem" in option && option.DefElem.defname === name);
}
