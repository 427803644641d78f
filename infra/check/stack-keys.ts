// Keys of a stack file: whose namespace they are in, and whether what is encrypted really is.
import { closest } from "../settings/closest.ts";
import { type Path, remove, set, setSecret } from "../settings/issue.ts";
import { Secret } from "../settings/secret.ts";
import { isMap, type Known } from "../settings/structures.ts";
import { type Place, type Problem, toProblem } from "./problem.ts";

/** Namespaces of the engine and of the providers; their keys are theirs to check. */
const FOREIGN = ["pulumi", "docker", "postgresql", "cloudflare", "random", "tandem"];

/** Where a stack's words for the policies stand. */
export const POLICIES_KEY = "tandem:policies";

/** A map or list, which the engine makes JSON text of. */
export function structured(value: unknown): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** The key without the project's namespace; undefined if it is in another one. The engine lets the namespace out, too. */
export function ownKey(name: string, project: string): string | undefined {
  const parts = name.split(":");
  if (parts.length === 1) return name;
  const [namespace, ...rest] = parts;
  if (namespace !== project || rest.at(-1) === "") return undefined;
  return rest.length === 2 && rest[0] === "config" ? rest[1] : rest.join(":");
}

/** What is wrong with a key of another namespace, if anything: it may be meant as one of the project's own. */
export function foreignProblems(
  name: string,
  value: unknown,
  place: Place,
  known: Record<string, Known>,
  given: string[],
): Problem[] {
  const namespace = name.slice(0, name.indexOf(":"));
  const key = name.slice(namespace.length + 1);
  if (FOREIGN.includes(namespace) && key !== "") {
    const plain = /token|password|secret|key$/i.test(key) && !isSecure(value);
    if (!plain) return [];
    const reason =
      "looks like a secret in plain text: encrypt it, and issue a new one where the old one was seen";
    return [toProblem({ problem: "plain-secret", path: [name], reason, fix: [setSecret([name])] }, place)];
  }
  const meant = closest(key, Object.keys(known));
  const full = `${place.project}:${meant}`;
  const hint = meant === undefined ? "" : `; did you mean ${full}?`;
  const reason = `is not in this project's namespace (${place.project}:), so nothing reads it${hint}`;
  const example = meant === undefined ? undefined : known[meant];
  const fix = [remove([name])];
  if (meant !== undefined && !given.includes(full) && !given.includes(meant)) {
    if (example?.secret) fix.push(setSecret([meant]));
    else if (example?.example !== undefined) fix.push(set(example.example, [meant]));
  }
  return [toProblem({ problem: "wrong-namespace", path: [name], reason, fix }, place)];
}

/** Whether a value is encrypted. */
export function isSecure(value: unknown): value is { secure: string } {
  return isMap(value) && Object.keys(value).length === 1 && typeof value.secure === "string";
}

/** An encrypted value and where it stands: the key first, then names and positions inside it. */
export interface Sealed {
  path: Path;
  cipher: string;
}

/** The value with a `Secret` in the place of each encrypted one; those are added to `found`. */
export function withoutCiphers(value: unknown, path: Path, found: Sealed[]): unknown {
  if (isSecure(value)) {
    found.push({ path, cipher: value.secure });
    return new Secret();
  }
  if (Array.isArray(value)) return value.map((item, index) => withoutCiphers(item, [...path, index], found));
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, withoutCiphers(inner, [...path, name], found)]),
  );
}

/** What is wrong with an encrypted value, as far as can be told without its key. */
export function cipherProblems(cipher: string, path: Path, salted: boolean, place: Place): Problem[] {
  const fix = [setSecret(path)];
  const passphrase = /^v1:[\w+/=-]+:[\w+/=-]+$/.test(cipher);
  // Other secrets managers write one run of base64, never as short as a password.
  if (!passphrase && !/^[\w+/=-]{40,}$/.test(cipher)) {
    const reason = "is no encrypted value; if it is the secret itself, it stands here in plain text";
    return [toProblem({ problem: "broken-secret", path, reason, fix }, place)];
  }
  if (passphrase && !salted) {
    const reason =
      "is encrypted with a passphrase, but the file has no encryptionsalt: nothing can decrypt it";
    return [toProblem({ problem: "broken-secret", path, reason, fix }, place)];
  }
  return [];
}
