// Names and texts as SQL. What comes out holds no backslash, so no tool takes a part of it for a command of its own.

/** A NUL ends a text for the server, and with it what stands behind it. */
function refuseNul(text: string): void {
  if (text.includes("\0")) throw new Error("a name or text for the database contains a NUL character");
}

/** Doubles the quotes; with a backslash in it, writes that one by its number (`U&'…' UESCAPE '!'`). */
function quoted(text: string, quote: string): string {
  refuseNul(text);
  const inside = text.replaceAll(quote, quote + quote);
  if (!inside.includes("\\")) return quote + inside + quote;
  const escaped = inside.replaceAll("!", "!!").replaceAll("\\", "!005C");
  return `U&${quote}${escaped}${quote} UESCAPE '!'`;
}

/** A name as SQL, quoted whatever it holds. @throws if it contains a NUL character */
export function identifier(name: string): string {
  return quoted(name, '"');
}

/** A text as SQL, for a session with `standard_conforming_strings`. @throws if it contains a NUL character */
export function literal(text: string): string {
  return quoted(text, "'");
}
