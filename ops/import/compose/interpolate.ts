// Fills in `$NAME` and `${NAME}` as compose does: defaults, alternatives, `$$`, all of them nested.
//
// A variable that nobody gives a value is not the empty text that compose makes of it: its name stays in the text between
// two marks, so that what is missing can be told apart from what is empty, and asked for by name.

/** Marks around the name of a variable without a value: characters that no text uses (Unicode's private use area). */
const OPEN = "\uE000";
const CLOSE = "\uE001";
const UNKNOWN = /\uE000([^\uE001]*)\uE001/g;

/** Gives a variable's value; undefined where there is none. */
export interface Lookup {
  (name: string): string | undefined;
  /** Gets what stood in the place of a value, as in `${NAME:-this}`. */
  onDefault?: (name: string, value: string) => void;
}

/** What stands for the value of a variable that nobody gives one. */
export function unknownValue(name: string): string {
  return `${OPEN}${name}${CLOSE}`;
}

/** Names of the variables in a text that have no value. */
export function unknownIn(text: string): string[] {
  return [...new Set([...text.matchAll(UNKNOWN)].map(([, name = ""]) => name))];
}

/** The text with `${NAME}` where a variable has no value, for people. */
export function shownUnknown(text: string): string {
  return text.replaceAll(UNKNOWN, (_, name: string) => `\${${name}}`);
}

/**
 * A text with its variables filled in.
 *
 * @throws RangeError where a `${` has no end or holds what compose doesn't know
 */
export function interpolate(text: string, lookup: Lookup): string {
  let result = "";
  for (let at = 0; at < text.length; ) {
    const dollar = text.indexOf("$", at);
    if (dollar < 0) return result + text.slice(at);
    result += text.slice(at, dollar);
    const next = text[dollar + 1];
    if (next === "$") {
      result += "$";
      at = dollar + 2;
    } else if (next === "{") {
      const end = closing(text, dollar + 2);
      result += expand(text.slice(dollar + 2, end), lookup);
      at = end + 1;
    } else {
      const [name] = /^[A-Za-z_]\w*/.exec(text.slice(dollar + 1)) ?? [];
      result += name === undefined ? "$" : (lookup(name) ?? unknownValue(name));
      at = dollar + 1 + (name?.length ?? 0);
    }
  }
  return result;
}

/** Where the brace is closed that was opened before `from`. */
function closing(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    if (text[at] === "$" && text[at + 1] === "{") depth++;
    else if (text[at] === "}" && --depth === 0) return at;
  }
  throw new RangeError("has a brace after $ that is never closed");
}

function expand(inside: string, lookup: Lookup): string {
  const [, name = "", colon, operator, word = ""] =
    /^([A-Za-z_]\w*)(?:(:)?([-?+])([\s\S]*))?$/.exec(inside) ?? [];
  if (name === "") throw new RangeError("has a variable in braces that compose can't read");
  const value = lookup(name);
  const given = value !== undefined && (colon === undefined || value !== "");
  // What is asked for with ? and isn't there stays unknown: the page of the import asks for it.
  if (operator === "-") {
    if (given) return value;
    const instead = interpolate(word, lookup);
    lookup.onDefault?.(name, instead);
    return instead;
  }
  if (operator === "+") return given ? interpolate(word, lookup) : "";
  return given || operator === undefined ? (value ?? unknownValue(name)) : unknownValue(name);
}
