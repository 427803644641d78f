// The tables and columns of a database, and whether a seed's definition says something of each.
import type Docker from "dockerode";
import type { SeedDefinition, TableMask } from "../../../infra/settings/seed.ts";
import { identifier, psql } from "../../../provider/postgres/psql.ts";
import type { DumpedDatabase } from "../../../provider/postgres/restore-point.ts";

/** A column whose rows a dump would have. */
export interface Column {
  schema: string;
  table: string;
  column: string;
  /** Postgres' name of its type, such as `character varying(80)`. */
  type: string;
  /** Postgres' category of its type (pg_type.typcategory): `S` for texts, `N` for numbers and so on. */
  category: string;
  notNull: boolean;
  /** Part of a primary or foreign key. */
  key: boolean;
  /** Part of a unique index. */
  unique: boolean;
  /** Computed from others by Postgres itself. */
  generated: boolean;
}

/**
 * Tables with rows of their own, a partitioned one as a whole. Of those that an extension brought along a dump has the
 * rows of its configuration tables (`pg_extension_config_dump`), which are named like any other. The
 * search path is pinned: types outside of `pg_catalog` come with their schema.
 */
const COLUMNS = `SELECT coalesce(json_agg(json_build_object('schema', n.nspname, 'table', c.relname, 'column', a.attname,
    'type', format_type(a.atttypid, a.atttypmod), 'category', t.typcategory, 'notNull', a.attnotnull,
    'key', EXISTS (SELECT FROM pg_constraint k
      WHERE k.conrelid = c.oid AND k.contype IN ('p', 'f') AND a.attnum = ANY (k.conkey)),
    'unique', EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND a.attnum = ANY (i.indkey)),
    'generated', a.attgenerated <> '')
    ORDER BY n.nspname, c.relname, a.attnum), '[]')
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type t ON t.oid = a.atttypid
  WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
    AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
    AND NOT EXISTS (SELECT FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
      WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
        AND c.oid <> ALL (coalesce(e.extconfig, '{}')));`;

/** All columns of a database, read as the server's administrator or as another login. */
export async function columnsOf(
  docker: Docker,
  { containerId, name }: DumpedDatabase,
  username = "postgres",
): Promise<Column[]> {
  return JSON.parse(await psql(docker, containerId, COLUMNS, { database: name, username })) as Column[];
}

/** A table as SQL. */
export function qualified({ schema, table }: Pick<Column, "schema" | "table">): string {
  return `${identifier(schema)}.${identifier(table)}`;
}

/** A table as a definition names it. */
export function tableName({ schema, table }: Pick<Column, "schema" | "table">): string {
  return schema === "public" ? table : `${schema}.${table}`;
}

/** What a definition says of a column's table. */
export function tableMask({ tables }: SeedDefinition, column: Column): TableMask | undefined {
  return tables[tableName(column)];
}

/** Masks that give texts; a date or a number that got one would end the copy in its midst. */
const TEXT_MASKS: ReadonlySet<string> = new Set(["words", "pseudonym", "email"]);

/** What the definition doesn't say, or says in vain: one sentence each. */
export function definitionProblems(definition: SeedDefinition, columns: readonly Column[]): string[] {
  const problems = new Set<string>();
  for (const column of columns) {
    const table = tableName(column);
    const mask = tableMask(definition, column);
    if (mask === undefined) problems.add(`table ${table} is not named`);
    if (mask === undefined || typeof mask === "string" || column.generated) continue;
    const rule = mask[column.column];
    if (rule === undefined) problems.add(`column ${table}.${column.column} (${column.type}) is not named`);
    if (rule === "null" && column.notNull) problems.add(`column ${table}.${column.column} may not be null`);
    if (typeof rule === "string" && TEXT_MASKS.has(rule) && column.category !== "S") {
      problems.add(
        `column ${table}.${column.column} (${column.type}) holds no text, which ${rule} would give it`,
      );
    }
  }
  for (const [table, mask] of Object.entries(definition.tables)) {
    const own = columns.filter((column) => tableName(column) === table);
    if (own.length === 0) problems.add(`table ${table} is named and doesn't exist`);
    if (own.length === 0 || typeof mask === "string") continue;
    for (const name of Object.keys(mask)) {
      if (!own.some(({ column }) => column === name))
        problems.add(`column ${table}.${name} is named and doesn't exist`);
    }
  }
  return [...problems];
}
