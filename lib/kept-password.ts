// Whether a Postgres server keeps a password: it tells nobody a password, only what it made of one.
import { timingSafeEqual } from "node:crypto";
import { scramVerifier } from "./scram.ts";

/** What the server keeps in place of a password: SCRAM verifiers, and the MD5 hashes of old. */
export const HASHED = /^(SCRAM-SHA-256\$|md5[0-9a-f]{32}$)/;
const VERIFIER = /^SCRAM-SHA-256\$(\d+):([^$]+)\$[^:]+:.+$/;

/**
 * Whether the server keeps this password. A verifier is made anew with the same salt and compared; whatever can't be
 * compared counts as the same.
 */
export function keepsPassword(stored: string | null, password: string): boolean {
  if (password.toUpperCase() === "NULL") return stored === null;
  if (stored === null) return false;
  if (HASHED.test(password)) return same(stored, password);
  const parts = VERIFIER.exec(stored);
  if (!parts || Number(parts[1]) !== 4096) return true;
  return same(stored, scramVerifier(normalizePassword(password), Buffer.from(parts[2] ?? "", "base64")));
}

/** The part of SASLprep that concerns passwords people type; clients do the same before they log in. */
export function normalizePassword(password: string): string {
  return password.normalize("NFKC");
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
