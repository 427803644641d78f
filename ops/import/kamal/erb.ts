// Kamal renders its files with ERB, which is Ruby. None of it is run here: a tag that stands for a value is a value that isn't known,
// one that would make or leave out lines is refused.
import { unknownValue } from "../compose/interpolate.ts";
import { wrongFile } from "../compose/problem.ts";

/** A file without its tags. */
export interface Rendered {
  text: string;
  /** Why a value isn't known, by the name under which it is missing. */
  missing: Map<string, string>;
  /** Lines with Ruby that says no value, and was left out. */
  left: number[];
}

/** A tag ends before another one begins: a file of beginnings alone would take hours. */
const TAG = /<%([=#-]?)((?:[^%<]|%(?!>)|<(?!%))*?)-?%>/g;
/** Statements of Ruby that go on until an `end`, where they begin one. */
const OPENS = /(?:^|;)\s*(?:if|unless|case|while|until|for|begin)\b|\bdo\b/g;

/** Does Ruby decide whether the lines after it are there, or how often? What ends within the tag doesn't. */
function decidesLines(code: string): boolean {
  if (/^\s*(?:end|else|elsif|when|in|rescue|ensure)\b|^\s*\}|\{\s*(?:\|[^|]*\|\s*)?$/.test(code)) return true;
  return (code.match(OPENS) ?? []).length > (code.match(/\bend\b/g) ?? []).length;
}

/**
 * A file's text with a mark for each value that Ruby would give.
 *
 * @throws UserError with file and line where Ruby decides more than a value
 */
export function withoutErb(source: string, shown: string): Rendered {
  const result: Rendered = { text: source, missing: new Map(), left: [] };
  if (!source.includes("<%")) return result;
  const lines = source.split("\n").map((line, index) => withoutTags(line, index + 1, shown, result));
  return { ...result, text: lines.join("\n") };
}

function withoutTags(line: string, number: number, shown: string, { missing, left }: Rendered): string {
  if (!line.includes("<%")) return line;
  const refuse = (what: string, instead: string) =>
    wrongFile(shown, number, `${what} by ERB (<% … %>), which an import never runs: ${instead}`);
  const rest = line.replaceAll(TAG, "");
  if (rest.includes("<%")) {
    throw refuse("has Ruby on several lines", "write what it renders in its place");
  }
  // A comment is YAML's: Ruby in it is run all the same, and may decide on the lines after it.
  if (/^\s*#/.test(line)) {
    const decides = [...line.matchAll(TAG)].some(
      ([, kind = "", code = ""]) => !/[=#]/.test(kind) && decidesLines(code),
    );
    if (decides) throw refuse("decides what is in the file", "write what it renders in its place");
    return line;
  }
  const made = line.replaceAll(TAG, (_, kind: string, code: string, at: number) => {
    if (kind === "#") return "";
    if (kind === "=") {
      const [before, after] = [line.slice(0, at), line.slice(at)];
      if (before.trim() === "" || /%>["']?\s*:(\s|$)/.test(after)) {
        throw refuse("makes keys or lines", "write them as they are rendered");
      }
      const name = nameOf(code, number);
      const reason = `${shown}:${number} has it by ERB, which an import never runs`;
      if (!missing.has(name)) missing.set(name, reason);
      return unknownValue(name);
    }
    if (rest.trim() !== "" || decidesLines(code)) {
      throw refuse("decides what is in the file", "write what it renders in its place");
    }
    left.push(number);
    return "";
  });
  return made;
}

/** How a value is called that isn't known: as the variable that would give it, where it is one. */
function nameOf(code: string, line: number): string {
  const [, variable] = /^\s*ENV(?:\.fetch\(|\[)\s*["'](\w+)["']/.exec(code) ?? [];
  const [, alone] = /^\s*([a-z_]\w*)\s*$/.exec(code) ?? [];
  return variable ?? alone ?? `ERB in line ${line}`;
}
