// A toy embedding: no model, no meaning; texts that share words and letter groups come out near each other.
import { createHash } from "node:crypto";

/** Length of the vectors, the same as in migrations/0002_note_embeddings.sql. */
export const dimensions = 8;

/**
 * Hashes each word and each group of three letters of a text into one of eight signed slots and scales the sum to
 * length 1. Deterministic: the same text gives the same vector on every machine.
 */
export function embed(text: string): number[] {
  const vector = new Array<number>(dimensions).fill(0);
  for (const feature of features(text)) {
    const hash = createHash("sha256").update(feature).digest();
    const slot = hash.readUInt32LE(0) % dimensions;
    vector[slot] = (vector[slot] ?? 0) + (hash.readUInt8(4) % 2 === 0 ? 1 : -1);
  }
  const length = Math.hypot(...vector);
  return length === 0 ? vector : vector.map((value) => value / length);
}

function features(text: string): string[] {
  const words =
    text
      .toLowerCase()
      .normalize("NFKD")
      .match(/[\p{L}\p{N}]+/gu) ?? [];
  if (words.length === 0) return [text];
  const groups = words.flatMap((word) =>
    Array.from({ length: Math.max(0, word.length - 2) }, (_, at) => word.slice(at, at + 3)),
  );
  return [...words, ...groups];
}
