// Passwords on their way to the server: hashed here, so that no log of the server ever sees one.
import { HASHED, normalizePassword } from "../../../lib/kept-password.ts";
import { scramVerifier } from "../../../lib/scram.ts";
import { literal } from "../../../provider/postgres/sql.ts";

/** The `PASSWORD` clause for a password: NULL takes the password away, a hash goes as it is. */
export function passwordClause(password: string): string {
  if (password.toUpperCase() === "NULL") return "PASSWORD NULL";
  return `PASSWORD ${literal(HASHED.test(password) ? password : scramVerifier(normalizePassword(password)))}`;
}
