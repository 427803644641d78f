// The names in administrators' statements: what a trap would have to be called to be taken for Postgres' own.
import { loadModule, parseSync } from "libpg-query";

/** Names that statements use. A schema in front of one doesn't take it out: the next change may leave it away. */
export interface UsedNames {
  /** Function and number of arguments, such as `format/2`. */
  functions: Set<string>;
  operators: Set<string>;
  types: Set<string>;
  relations: Set<string>;
}

/** No names yet. */
export function noNames(): UsedNames {
  return { functions: new Set(), operators: new Set(), types: new Set(), relations: new Set() };
}

type Tree = Readonly<Record<string, unknown>>;

/** The last part of a name that may have a schema in front. */
function last(parts: unknown): string | undefined {
  const [part] = ((parts as Tree[] | undefined) ?? []).slice(-1);
  return (part?.String as { sval?: string } | undefined)?.sval;
}

function note(kind: string, node: Tree, used: UsedNames): void {
  if (kind === "FuncCall") {
    const name = last(node.funcname);
    if (name !== undefined) used.functions.add(`${name}/${((node.args as unknown[]) ?? []).length}`);
  }
  if (kind === "A_Expr" || kind === "SubLink") {
    const name = last(node.name ?? node.operName);
    if (name !== undefined && /^[^A-Za-z0-9_\s]+$/.test(name)) used.operators.add(name);
    // BETWEEN, IN and NULLIF find their operators by name as well.
    if (node.kind === "AEXPR_BETWEEN") for (const each of [">=", "<="]) used.operators.add(each);
  }
  if (kind === "CaseExpr" && node.arg !== undefined) used.operators.add("=");
  if (kind === "TypeCast") {
    const name = last((node.typeName as Tree | undefined)?.names);
    if (name !== undefined) used.types.add(name);
  }
  if (kind === "RangeVar" && typeof node.relname === "string") used.relations.add(node.relname);
}

function walk(value: unknown, used: UsedNames): void {
  if (Array.isArray(value)) for (const each of value) walk(each, used);
  else if (typeof value === "object" && value !== null) {
    for (const [key, child] of Object.entries(value)) {
      if (typeof child === "object" && child !== null && !Array.isArray(child))
        note(key, child as Tree, used);
      walk(child, used);
    }
  }
}

/** Bodies of `DO` are statements inside a text. */
function bodies(sql: string): string[] {
  const inside = [...sql.matchAll(/\b(FOR\s+\w+\s+IN|RETURN QUERY|PERFORM)\s+(SELECT[\s\S]*?)\s(LOOP|;)/gi)];
  return inside.map(([, , query = ""]) => query);
}

/** Adds the names of statements; what Postgres' parser doesn't read is left out. @returns how many were read */
export async function addNames(statements: Iterable<string>, used: UsedNames): Promise<number> {
  await loadModule();
  let read = 0;
  for (const statement of statements) {
    for (const sql of [statement, ...bodies(statement)]) {
      try {
        walk(parseSync(sql), used);
        read++;
      } catch {
        // A meta-command, or a line of the log that was cut.
      }
    }
  }
  return read;
}
