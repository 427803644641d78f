// Basic authentication: from a user and password to what the gateway keeps of them.
import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { encodeBase64, hashSync } from "bcryptjs";
import type { Environment } from "./environment.ts";
import type { BasicAuth } from "./gateway.ts";

/** bcrypt's work factor; OWASP's Password Storage Cheat Sheet asks for 10 or more. */
const ROUNDS = 10;

/** What bcrypt reads of a password, in bytes; it would take no notice of the rest. */
const MOST_BYTES = 72;

/** What is wrong with a password; undefined if nothing is. */
export function passwordProblem(password: string): string | undefined {
  const length = Buffer.byteLength(password);
  if (length <= MOST_BYTES) return undefined;
  return (
    `The password of basic authentication has ${length} bytes, and bcrypt reads ${MOST_BYTES} at most: the rest would ` +
    "protect nothing. Set a shorter one."
  );
}

/**
 * Hashes the password with a salt that belongs to the environment: a random one would be a new hash, and so a change
 * of the route, at every run.
 *
 * @throws pulumi.RunError when the password is longer than 72 bytes in UTF-8
 */
export function basicAuth(
  env: Environment,
  user: pulumi.Input<string>,
  password: pulumi.Input<string>,
): BasicAuth {
  const salt = env.fingerprint([pulumi.interpolate`basic-auth:${user}`]);
  const hash = pulumi.all([salt, password]).apply(([seed, secret]) => {
    const problem = passwordProblem(secret);
    if (problem !== undefined) throw new pulumi.RunError(problem);
    const bytes = createHash("sha256").update(seed).digest().subarray(0, 16);
    return hashSync(secret, `$2b$${ROUNDS}$${encodeBase64(bytes, 16)}`);
  });
  return { user, hash: pulumi.secret(hash) };
}
