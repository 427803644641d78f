// A password in the form in which Postgres keeps it, so that the password itself reaches no server log.
import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";

/** Postgres' own default (scram_iterations). */
const ITERATIONS = 4096;

/**
 * SCRAM-SHA-256 verifier (RFC 5803) as in pg_authid.rolpassword. The password must be ASCII: others would have to go
 * through SASLprep first.
 */
export function scramVerifier(password: string, salt: Buffer = randomBytes(16)): string {
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, "sha256");
  const sign = (message: string) => createHmac("sha256", salted).update(message).digest();
  const storedKey = createHash("sha256").update(sign("Client Key")).digest("base64");
  const serverKey = sign("Server Key").toString("base64");
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString("base64")}$${storedKey}:${serverKey}`;
}
