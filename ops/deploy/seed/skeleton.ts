// A first definition of a seed: every column of a database, with the mask that its type and name suggest. Somebody reads it before it
// is used; what no rule knows is a mask that the seed refuses.
import type { ColumnMask, SeedDefinition } from "../../../infra/settings/seed.ts";
import { printableLine } from "../../../lib/printable.ts";
import { type Column, tableMask, tableName } from "./columns.ts";

/**
 * Tables in which tools write down what they have applied, by their own defaults: node-pg-migrate, Django, Rails and golang-migrate,
 * Rails again, Alembic, Flyway, Liquibase, Prisma, Knex, goose, Sequelize, Drizzle. Masked, all would be applied again.
 */
const OF_TOOLS =
  /(^|\.)(pgmigrations|django_migrations|schema_migrations|ar_internal_metadata|alembic_version|flyway_schema_history|databasechangelog(lock)?|_prisma_migrations|knex_migrations(_lock)?|goose_db_version|SequelizeMeta|__drizzle_migrations)$/;

/** A mask, and what to think about before it is used; without a question it tells of nobody. */
interface Proposal {
  mask: ColumnMask;
  question?: string;
}

/** What the type of a column suggests where its values may be somebody's; undefined where no rule knows it. */
function hidden({ type, notNull }: Column): ColumnMask | undefined {
  if (!notNull) return "null";
  if (/^jsonb?$/.test(type)) return { sql: `'{}'::${type}` };
  if (type === "bytea") return { sql: "''::bytea" };
  if (type === "date") return { sql: "'2000-01-01'::date" };
  if (/^(inet|cidr)$/.test(type)) return { sql: `'0.0.0.0'::${type}` };
  if (type.endsWith("[]")) return { sql: `'{}'::${type}` };
  return undefined;
}

/** The mask that a column gets. */
export function proposal(column: Column): Proposal {
  const { type, category, key, unique } = column;
  if (category === "S") {
    if (/e-?mail/i.test(column.column)) return { mask: "email" };
    if (key || unique) return { mask: "pseudonym" };
    return { mask: "words" };
  }
  if (/^(\w+\.)?vector(\(\d+\))?$/.test(type)) return { mask: "vector" };
  if (key || category === "B") return { mask: "keep" };
  if (category === "E") return { mask: "keep", question: "a state, or something about a person?" };
  if (category === "N") return { mask: "keep", question: "a count, or a person's amount?" };
  if (type === "uuid") return { mask: "keep", question: "an id, or somebody's token?" };
  if (/^time/.test(type))
    return { mask: "keep", question: "when a row was made, or when a person did something?" };
  const mask = hidden(column);
  return mask === undefined ? { mask: "null", question: "may not be null: write { sql: … }" } : { mask };
}

/** Is a word a plain key of an object? Tables and columns are called what an application likes. */
const keyOf = (name: string) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name));

function columnLine(column: Column, named: ColumnMask | undefined): string {
  const { mask, question } = named === undefined ? proposal(column) : { mask: named, question: undefined };
  const value = typeof mask === "string" ? JSON.stringify(mask) : `{ sql: ${JSON.stringify(mask.sql)} }`;
  const note = question === undefined ? "" : ` // ${printableLine(column.type)}: ${question}`;
  return `      ${keyOf(column.column)}: ${value},${note}`;
}

/** The module that says it, as text; what `known` names stays as it is there. */
export function skeleton(columns: readonly Column[], known: SeedDefinition = { tables: {} }): string {
  const tables = Map.groupBy(columns, tableName);
  const lines = [...tables].flatMap(([table, own]) => {
    const [first] = own;
    const mask = first && tableMask(known, first);
    if (typeof mask === "string") return [`    ${keyOf(table)}: ${JSON.stringify(mask)},`];
    if (mask === undefined && OF_TOOLS.test(table)) return [`    ${keyOf(table)}: "keep",`];
    const masked = own.filter(({ generated }) => !generated);
    return [`    ${keyOf(table)}: {`, ...masked.map((one) => columnLine(one, mask?.[one.column])), "    },"];
  });
  return [
    "// What becomes of each column when another environment gets these rows. Read every line: a mask was chosen by type and name.",
    `import type { SeedDefinition } from ${JSON.stringify("tandem/settings")};`,
    "",
    "export const seed: SeedDefinition = {",
    "  tables: {",
    ...lines,
    "  },",
    "};",
    "",
  ].join("\n");
}
