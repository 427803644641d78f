// Rules for names that end up in containers, volumes, networks, databases and hostnames.

/** Longest system or environment name: three parts and a suffix must fit Postgres' 63-byte identifiers. */
export const MAX_NAME = 20;

/** What is wrong with a system's or environment's name, or undefined if it is fine. */
export function nameProblem(name: string): string | undefined {
  if (typeof name !== "string") return "must be text";
  if (name.length === 0) return "is empty";
  if (name.length > MAX_NAME) return `'${name}' is longer than ${MAX_NAME} characters`;
  if (!/^[a-z][a-z0-9-]*$/.test(name) || name.endsWith("-")) {
    return `'${name}' must be lower-case letters, digits and hyphens, begin with a letter and not end with a hyphen`;
  }
  return undefined;
}

/** A name as a Postgres identifier that needs no quotes. */
export function sqlName(name: string): string {
  return name.replaceAll("-", "_");
}
