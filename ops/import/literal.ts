// Values as TypeScript, in the form that formatters give them.

/** Longest line that is left as one. */
const MOST_COLUMNS = 110;

/** A value as TypeScript. */
export function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, inner]) => `${propertyName(key)}: ${literal(inner)}`);
  return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
}

/** A name in an object. */
export function propertyName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

/** Access to a name of an object: `.app` or `["my-app"]`. */
export function access(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}

/** Words between brackets: on one line where they fit, else on a line each. */
export function bracketed(before: string, words: readonly string[], after: string): string[] {
  const line = `${before} ${words.join(", ")} ${after}`;
  return line.length <= MOST_COLUMNS ? [line] : [before, ...words.map((word) => `  ${word},`), after];
}

/** A path from the folder of the topology's file. */
export function beside(path: string): string {
  return `join(import.meta.dirname, ${JSON.stringify(path)})`;
}
