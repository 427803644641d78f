// Reads a `.env` file as compose does: quotes, comments after white space, `export`, variables filled in unless in single
// quotes. Other readers differ, which `tandem config import` refuses; here the file is compose's own.
import { interpolate, type Lookup } from "./interpolate.ts";

const ASSIGNMENT = /^\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*(?:=|:\s)(.*)$/s;
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

/** What a value is that a shell's `$(command)` would give, by its name and line: nothing here runs one. */
export type CommandValue = (name: string, line: number) => string;

/**
 * The variables of a file.
 *
 * @param lookup gives what isn't in the file itself
 * @param command gives what a command would; without it, `$(…)` is text as to compose
 * @throws RangeError for a line that is none, with its number; never with its content
 */
export function readDotenv(text: string, lookup: Lookup, command?: CommandValue): Map<string, string> {
  const found = new Map<string, string>();
  const known: Lookup = (name) => found.get(name) ?? lookup(name);
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? "";
    if (/^\s*(#.*)?$/.test(line)) continue;
    const [, name, rest = ""] = ASSIGNMENT.exec(line) ?? [];
    if (name === undefined) {
      // A name alone takes the value of the shell's variable.
      const [, alone] = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*$/.exec(line) ?? [];
      if (alone === undefined) throw new RangeError(`line ${index + 1} is no NAME=value`);
      const value = known(alone);
      if (value !== undefined) found.set(alone, value);
      continue;
    }
    if (command !== undefined && !rest.trimStart().startsWith("'") && /(?<!\\)\$\(/.test(rest)) {
      found.set(name, command(name, index + 1));
      // What the command is goes on until its parenthesis closes.
      for (let open = depthOf(rest); open > 0 && index + 1 < lines.length; )
        open += depthOf(lines[++index] ?? "");
      continue;
    }
    const { value, more } = readValue(rest.trimStart(), lines.slice(index + 1), index + 1, known);
    found.set(name, value);
    index += more;
  }
  return found;
}

/** How many parentheses a text leaves open; those in quotes that it closes are the command's own words. */
function depthOf(text: string): number {
  const bare = text.replaceAll(/\\.|"(?:\\.|[^"\\])*"|'[^']*'/g, "");
  return bare.split("(").length - bare.split(")").length;
}

/** A value, and how many further lines it takes. */
function readValue(
  rest: string,
  following: readonly string[],
  line: number,
  lookup: Lookup,
): { value: string; more: number } {
  const quote = rest[0];
  if (quote !== "'" && quote !== '"') {
    return { value: interpolate(rest.replace(/(^|\s)#.*$/s, "").trim(), lookup), more: 0 };
  }
  let text = rest.slice(1);
  for (let more = 0; more <= following.length; more++) {
    const end = quote === "'" ? text.indexOf("'") : (/(?<!\\)(?:\\\\)*"/.exec(text)?.index ?? -1);
    const at = end < 0 ? -1 : text.indexOf(quote, end);
    if (at >= 0) {
      const inside = text.slice(0, at);
      return { value: quote === "'" ? inside : interpolate(unescaped(inside), lookup), more };
    }
    text += `\n${following[more] ?? ""}`;
  }
  throw new RangeError(`line ${line} has a quote that is never closed`);
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/g, (_, letter: string) =>
    letter === "$" ? "$$" : (ESCAPES[letter] ?? (/["\\]/.test(letter) ? letter : `\\${letter}`)),
  );
}
