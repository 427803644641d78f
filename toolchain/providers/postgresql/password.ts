// Passwords on their way to the server: hashed here, so that no log of the server ever sees one.
import { timingSafeEqual } from "node:crypto";
import { scramVerifier } from "../../../lib/scram.ts";
import { literal } from "./sql.ts";

/** What the server keeps in place of a password: SCRAM verifiers, and the MD5 hashes of old. */
const HASHED = /^(SCRAM-SHA-256\$|md5[0-9a-f]{32}$)/;
const VERIFIER = /^SCRAM-SHA-256\$(\d+):([^$]+)\$[^:]+:.+$/;

/** The `PASSWORD` clause for a password: NULL takes the password away, a hash goes as it is. */
export function passwordClause(password: string): string {
  if (password.toUpperCase() === "NULL") return "PASSWORD NULL";
  return `PASSWORD ${literal(HASHED.test(password) ? password : scramVerifier(normalize(password)))}`;
}

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
  return same(stored, scramVerifier(normalize(password), Buffer.from(parts[2] ?? "", "base64")));
}

/** The part of SASLprep that concerns passwords people type; clients do the same before they log in. */
function normalize(password: string): string {
  return password.normalize("NFKC");
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
