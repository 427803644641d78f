// Text that an app, a tenant or a client made, as a terminal may get it.

/** A colour or weight (`ESC[31m`), or any character that a terminal obeys or hides instead of showing it. */
const SPECIAL =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for.
  /\u001b\[[\d;]*m|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/**
 * Makes a text harmless for a terminal: control characters and marks of direction are written out (`\x1b`), so that
 * they can neither move the cursor, set the window's title, answer for the user, nor hide or reorder what is shown.
 * Tabs, line ends and colours stay.
 */
export function printable(text: string): string {
  return text.replace(SPECIAL, (found) => {
    return found.length > 1 && !hides(found) ? found : written(found);
  });
}

/** Code 8 shows nothing of what follows. */
function hides(sequence: string): boolean {
  return sequence.slice(2, -1).split(";").map(Number).includes(8);
}

/**
 * The same for a name or a single line inside a text of ours: line ends and colours are written out, too, so that neither
 * a line can be forged nor what follows be coloured away.
 */
export function printableLine(text: string): string {
  return text.replace(SPECIAL, written).replaceAll("\n", "\\n");
}

function written(found: string): string {
  return [...found]
    .map((character) => {
      const code = character.codePointAt(0) ?? 0;
      if (code >= 0x20 && code < 0x7f) return character;
      return code < 0x100
        ? `\\x${code.toString(16).padStart(2, "0")}`
        : `\\u${code.toString(16).padStart(4, "0")}`;
    })
    .join("");
}
