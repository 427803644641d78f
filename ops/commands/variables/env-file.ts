// Reads a `.env` file. Values are read by Node itself (util.parseEnv); this splits the file into variables and refuses what
// readers of such files understand differently, since one of them would arrive as something that nobody wrote.
import { parseEnv } from "node:util";
import { variableNameProblem } from "../../../infra/settings/variables.ts";

/** A variable in a file. */
export interface EnvEntry {
  name: string;
  value: string;
  /** Line that it begins on, from 1. */
  line: number;
}

/** A line that can't be taken. The reason never repeats what stands there. */
export interface EnvProblem {
  line: number;
  reason: string;
}

/** `NAME=` and what follows, also after `export`. */
const ASSIGNMENT = /^\s*(?:export\s+)?([^\s=#'"`]+)[ \t]*=(.*)$/;
const QUOTES = ["'", '"', "`"];

/** All variables of a file, and all lines that are wrong. */
export function readEnvFile(text: string): { entries: EnvEntry[]; problems: EnvProblem[] } {
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  const entries: EnvEntry[] = [];
  const problems: EnvProblem[] = [];
  for (let index = 0; index < lines.length; index++) {
    const first = lines[index] ?? "";
    if (/^\s*(#.*)?$/.test(first)) continue;
    const line = index + 1;
    const [, name, rest = ""] = ASSIGNMENT.exec(first) ?? [];
    if (name === undefined) {
      problems.push({ line, reason: "is no NAME=value" });
      continue;
    }
    const more = continuation(rest, lines.slice(index + 1));
    const chunk = [first, ...(more ?? [])].join("\n");
    const whole = [rest, ...(more ?? [])].join("\n");
    const before = entries.find((entry) => entry.name === name);
    const reason =
      variableNameProblem(name) ??
      (more === undefined ? "has a quote that is never closed" : valueProblem(whole)) ??
      (before === undefined ? undefined : `names ${name} again, which stands on line ${before.line}`);
    const value = reason === undefined ? parseEnv(chunk)[name] : undefined;
    if (value === undefined) problems.push({ line, reason: reason ?? "can't be read" });
    else entries.push({ name, value, line });
    index += more?.length ?? 0;
  }
  return { entries, problems };
}

/** The further lines of a value in quotes; undefined where these are never closed. */
function continuation(rest: string, following: readonly string[]): string[] | undefined {
  const value = rest.trimStart();
  const quote = value.slice(0, 1);
  if (!QUOTES.includes(quote)) return [];
  let text = value;
  for (let count = 0; count <= following.length; count++) {
    if (closing(text, quote) !== undefined) return following.slice(0, count);
    text += `\n${following[count] ?? ""}`;
  }
  return undefined;
}

/** Where the quote at the beginning is closed; a backslash keeps the next one in double quotes from it. */
function closing(text: string, quote: string): number | undefined {
  for (let at = 1; at < text.length; at++) {
    if (quote === '"' && text[at] === "\\") at++;
    else if (text[at] === quote) return at;
  }
  return undefined;
}

/** What readers of such files would understand differently in a value. */
function valueProblem(rest: string): string | undefined {
  const value = rest.trim();
  const quote = value.slice(0, 1);
  const end = QUOTES.includes(quote) ? closing(value, quote) : undefined;
  if (end === undefined) {
    // A comment has white space before it.
    const [plain = ""] = rest.split(/\s#/, 1);
    if (plain.includes("#"))
      return "has a # without a space before it in a value without quotes: put the value in quotes";
    return fillsIn(plain);
  }
  if (!/^\s*(#.*)?$/.test(value.slice(end + 1))) return "goes on after the closing quote";
  const inside = value.slice(1, end);
  if (quote === '"' && /\\(?!n)/.test(inside)) {
    return "has a backslash in double quotes, which not everybody reads alike: put the value in single quotes";
  }
  return quote === "'" ? undefined : fillsIn(inside);
}

function fillsIn(value: string): string | undefined {
  return /\$[{(]/.test(value)
    ? "fills something in with $, which isn't done here: write what it stands for, or put it in single quotes if it is meant as it is"
    : undefined;
}
