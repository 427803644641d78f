// Pieces of SQL for what takes no parameters, every name and text quoted.
import { identifier, literal } from "../../lib/admin-sql/quoting.ts";

/** A name and a text as SQL. */
export { identifier as ident, literal };

/** Longest name that Postgres keeps whole. In bytes. */
const NAME_BYTES = 63;

/** Several names, separated by commas. */
export const idents = (names: readonly string[]): string => names.map(identifier).join(", ");

/** What is wrong with a name; undefined when nothing is. */
export function nameProblem(name: unknown): string | undefined {
  if (typeof name !== "string") return undefined;
  if (name === "") return "must not be empty";
  if (name.includes("\0")) return "must not contain a NUL character";
  const bytes = Buffer.byteLength(name);
  return bytes > NAME_BYTES ? `has ${bytes} bytes; Postgres keeps ${NAME_BYTES} at most` : undefined;
}

/** What is wrong with the name of a role that is to be made. */
export function roleNameProblem(name: unknown): string | undefined {
  if (typeof name === "string" && (/^pg_/.test(name) || name === "public" || name === "none")) {
    return `must be another one: Postgres keeps "${name}" for itself`;
  }
  return nameProblem(name);
}
