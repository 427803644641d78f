// What a system says of the rows that staging may get from production: every column, and how it is masked.

/**
 * How a column's values are masked; the same value becomes the same mask all over a copy, and another in the next copy.
 *
 * - `keep`: as it is. For what tells nothing of anybody: numbers of rows, times, states.
 * - `null`: none.
 * - `words`: words of no meaning, about as long.
 * - `pseudonym`: letters and digits of no meaning, at least 12. Keys that other tables refer to stay together.
 * - `email`: an address in the domain `example.invalid`, which can't exist (RFC 2606).
 * - `vector`: a pgvector value of the same dimensions, every number between 0 and 1.
 * - `{ sql }`: an expression of the row's columns.
 */
export type ColumnMask = "keep" | "null" | "words" | "pseudonym" | "email" | "vector" | { sql: string };

/** How a table is copied: as it is, without rows, or column by column. */
export type TableMask = "keep" | "empty" | Readonly<Record<string, ColumnMask>>;

/**
 * Every table that a copy has, `schema.table` or, in `public`, `table`. A table or column that isn't named refuses the
 * whole copy: what a migration adds is nobody's business until somebody has said so.
 */
export interface SeedDefinition {
  tables: Readonly<Record<string, TableMask>>;
}
