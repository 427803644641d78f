// Notes in Postgres: a text and its embedding, listed newest first or nearest first.
import type { Pool } from "pg";
import pgvector from "pgvector";
import { embed } from "./embedding.ts";

/** A stored note; `distance` only where a search was made. */
export interface Note {
  id: string;
  text: string;
  createdAt: string;
  distance?: number;
}

interface Row {
  id: string;
  text: string;
  created_at: Date;
  distance?: number;
}

const columns = "id, text, created_at";

/** Stores a note. */
export async function addNote(pool: Pool, text: string): Promise<Note> {
  const { rows } = await pool.query<Row>(
    `INSERT INTO notes (text, embedding) VALUES ($1, $2) RETURNING ${columns}`,
    [text, pgvector.toSql(embed(text))],
  );
  return toNotes(rows)[0] as Note;
}

/** The newest notes. */
export async function listNotes(pool: Pool, limit: number): Promise<Note[]> {
  const { rows } = await pool.query<Row>(`SELECT ${columns} FROM notes ORDER BY id DESC LIMIT $1`, [limit]);
  return toNotes(rows);
}

/** The notes whose embeddings lie nearest to the query's, through the hnsw index. */
export async function nearestNotes(pool: Pool, query: string, limit: number): Promise<Note[]> {
  const { rows } = await pool.query<Row>(
    `SELECT ${columns}, embedding <-> $1 AS distance FROM notes WHERE embedding IS NOT NULL
     ORDER BY embedding <-> $1 LIMIT $2`,
    [pgvector.toSql(embed(query)), limit],
  );
  return toNotes(rows);
}

function toNotes(rows: Row[]): Note[] {
  return rows.map(({ id, text, created_at, distance }) => ({
    id,
    text,
    createdAt: created_at.toISOString(),
    ...(distance === undefined ? {} : { distance }),
  }));
}
