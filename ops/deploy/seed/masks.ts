// The SQL that masks a copy.
import type { ColumnMask, SeedDefinition } from "../../../infra/settings/seed.ts";
import { identifier, literal } from "../../../provider/postgres/psql.ts";
import { type Column, qualified, tableMask } from "./columns.ts";

/** Words that no copy needs to hide. */
const WORDS = [
  ..."lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore et".split(
    " ",
  ),
  ..."dolore magna aliqua enim ad minim veniam quis nostrud exercitation ullamco laboris nisi aliquip ex ea".split(
    " ",
  ),
];

/** Schema of the function that hashes; it is gone before the copy is dumped. */
const SCHEMA = "tandem_seed";

/** A text in a column's type, no longer than it takes. */
function fitted(text: string, type: string): string {
  const limit = /^character(?: varying)?\((\d+)\)$/.exec(type)?.[1];
  return `${limit === undefined ? text : `left(${text}, ${limit})`}::${type}`;
}

/** The new value as SQL; undefined where the column stays. A null stays one, whatever the mask. */
function maskedValue(mask: ColumnMask, { column, type }: Column): string | undefined {
  const name = identifier(column);
  const hash = `${SCHEMA}.hash(${name}::text)`;
  const unlessNull = (value: string) => `CASE WHEN ${name} IS NULL THEN NULL ELSE ${value} END`;
  if (typeof mask !== "string") return `(${mask.sql})`;
  switch (mask) {
    case "keep":
      return undefined;
    case "null":
      return "NULL";
    case "words":
      return unlessNull(fitted(`${SCHEMA}.words(${name}::text)`, type));
    case "pseudonym":
      return unlessNull(fitted(`left(${hash}, least(64, greatest(12, length(${name}::text))))`, type));
    case "email":
      return unlessNull(fitted(`'user-' || left(${hash}, 12) || '@example.invalid'`, type));
    case "vector":
      return unlessNull(`${SCHEMA}.vector(${name}::text)::${type}`);
  }
}

/** Columns that are masked, with their masks. */
export function maskedColumns(
  definition: SeedDefinition,
  columns: readonly Column[],
): [Column, ColumnMask][] {
  return columns.flatMap((column) => {
    const mask = tableMask(definition, column);
    if (mask === undefined || typeof mask === "string" || column.generated) return [];
    const rule = mask[column.column] ?? "null";
    return rule === "keep" ? [] : [[column, rule] as [Column, ColumnMask]];
  });
}

/** Columns of tables whose rows are left out. */
export function emptiedColumns(definition: SeedDefinition, columns: readonly Column[]): Column[] {
  return columns.filter((column) => tableMask(definition, column) === "empty");
}

/** How many columns are masked and how many tables emptied, for people. */
export function maskCounts(definition: SeedDefinition, columns: readonly Column[]) {
  const emptied = new Set(emptiedColumns(definition, columns).map(qualified));
  return { masked: maskedColumns(definition, columns).length, emptied: emptied.size };
}

/** What the masks are computed with. The key is of one copy, and nobody has it afterwards. */
function functions(key: string): string {
  const words = `ARRAY[${WORDS.map(literal).join(", ")}]`;
  return `CREATE SCHEMA ${SCHEMA};
CREATE FUNCTION ${SCHEMA}.hash(value text) RETURNS text LANGUAGE sql IMMUTABLE AS
  ${literal(`SELECT encode(sha256(convert_to(${literal(key)} || value, 'UTF8')), 'hex')`)};
CREATE FUNCTION ${SCHEMA}.words(value text) RETURNS text LANGUAGE sql IMMUTABLE AS
  ${literal(`SELECT string_agg((${words})[1 + get_byte(decode(${SCHEMA}.hash(value || n), 'hex'), 0) % ${WORDS.length}], ' ')
    FROM generate_series(0, length(value) / 6) n`)};
CREATE FUNCTION ${SCHEMA}.vector(value text) RETURNS text LANGUAGE sql IMMUTABLE AS
  ${literal(`SELECT '[' || string_agg((get_byte(decode(${SCHEMA}.hash(value || n), 'hex'), 0) / 255.0)::text, ',') || ']'
    FROM generate_series(1, 1 + length(value) - length(replace(value, ',', ''))) n`)};`;
}

/**
 * Statements that mask a copy. They run as a login without powers, before the copy has triggers, rules, policies and
 * foreign keys: one that writes down changes would write down the originals. The session's search
 * path is pinned (lib/admin-sql/session.ts): names without a schema are those of `pg_catalog`.
 *
 * @param key random, of this copy alone
 */
export function maskStatements(definition: SeedDefinition, columns: readonly Column[], key: string): string {
  const updates = new Map<string, string[]>();
  for (const [column, mask] of maskedColumns(definition, columns)) {
    const value = maskedValue(mask, column);
    if (value === undefined) continue;
    const table = qualified(column);
    updates.set(table, [...(updates.get(table) ?? []), `${identifier(column.column)} = ${value}`]);
  }
  const emptied = [...new Set(emptiedColumns(definition, columns).map(qualified))];
  return [
    functions(key),
    // Not TRUNCATE: on an extension's table that is its owner's alone.
    ...emptied.map((table) => `DELETE FROM ${table};`),
    ...[...updates].map(([table, sets]) => `UPDATE ${table} SET ${sets.join(", ")};`),
    `DROP SCHEMA ${SCHEMA} CASCADE;`,
  ].join("\n");
}
