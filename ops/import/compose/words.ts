// Splits a command line into words as a shell would, without running anything: what compose does with a `command` that is
// one text.

/**
 * The words of a command line.
 *
 * @throws RangeError where a quote is never closed
 */
export function shellWords(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < line.length; at++) {
    const character = line[at] ?? "";
    if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    word ??= "";
    if (character === "\\") word += line[++at] ?? "";
    else if (character === "'" || character === '"') {
      const [inside, end] = quoted(line, at);
      word += inside;
      at = end;
    } else word += character;
  }
  return word === undefined ? words : [...words, word];
}

/** What stands between the quote at `from` and its end, and where that is. */
function quoted(line: string, from: number): [inside: string, end: number] {
  const quote = line[from];
  let inside = "";
  for (let at = from + 1; at < line.length; at++) {
    const character = line[at] ?? "";
    if (character === quote) return [inside, at];
    // In double quotes a backslash is one unless it stands before what it can take the meaning of.
    if (quote === '"' && character === "\\" && /["\\$`]/.test(line[at + 1] ?? "")) inside += line[++at];
    else inside += character;
  }
  throw new RangeError("has a quote that is never closed");
}
