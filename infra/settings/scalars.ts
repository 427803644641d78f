// Building blocks for plain values: text, numbers, switches, choices, names and secrets.
import type { z } from "zod";
import { nameProblem } from "../../components/names.ts";
import { describe, set, setExample, setSecret, Wrong } from "./issue.ts";
import { kind } from "./kind.ts";
import { Secret } from "./secret.ts";

/** The value as text without stray white space, or what is wrong with it. */
export function asText(value: unknown, example: string): string | Wrong {
  if (value === undefined) return new Wrong("missing", "is missing", [setExample(example)]);
  if (typeof value !== "string") {
    const quote = typeof value === "object" ? "" : ": put it in quotes if it is meant as text";
    return new Wrong("wrong-type", `is ${describe(value)} where text is expected${quote}`, [
      setExample(example),
    ]);
  }
  if (value === "") return new Wrong("empty", "is empty", [setExample(example)]);
  if (value.trim() !== value) {
    return new Wrong("spaces", `${describe(value)} has white space around it`, [
      set(value.trim() || example),
    ]);
  }
  const control = [...value].some((character) => character < " " || character === "\x7f");
  if (control)
    return new Wrong("control-characters", "holds control characters or line breaks", [setExample(example)]);
  return value;
}

/** The value as a number; whole numbers and decimals may also come as text, as `pulumi config set` writes them. */
export function asNumber(value: unknown, example: string): number | Wrong {
  if (value === undefined) return new Wrong("missing", "is missing", [setExample(example)]);
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (typeof value === "string") {
    if (/^-?(0|[1-9]\d*)(\.\d+)?$/.test(value)) return Number(value);
    if (/^\s*-?\d+(\.\d+)?\s*$/.test(value) && value.trim() !== value) {
      return new Wrong("spaces", `${describe(value)} has white space around the number`, [set(value.trim())]);
    }
  }
  return new Wrong("wrong-type", `is ${describe(value)} where a number is expected`, [setExample(example)]);
}

/** Bounds of a number. */
export interface IntegerOptions {
  min: number;
  max: number;
  /** A value that is right. @default `min` */
  example?: number;
  /** What it counts, for messages, for example `a port`. @default "this setting" */
  what?: string;
  /** Name of the building block. @default "integer" */
  kind?: string;
}

/** A whole number between two bounds, both allowed. */
export function integer(options: IntegerOptions): z.ZodType<number> {
  const example = String(options.example ?? options.min);
  const what = options.what ?? "this setting";
  return kind({ kind: options.kind ?? "integer", type: "integer", example }, (value) => {
    const number = asNumber(value, example);
    if (number instanceof Wrong) return number;
    if (!Number.isSafeInteger(number)) {
      return new Wrong("not-whole", `${describe(value)} is not a whole number`, [setExample(example)]);
    }
    if (number < options.min || number > options.max) {
      const range = `${what} is ${options.min} to ${options.max}`;
      return new Wrong("out-of-range", `${number} is out of range: ${range}`, [setExample(example)]);
    }
    return number;
  });
}

/** A switch: `true` or `false`, also as text, as `pulumi config set` writes it. */
export function flag(): z.ZodType<boolean> {
  return kind({ kind: "flag", type: "boolean", example: "true" }, (value) => {
    if (value === undefined) return new Wrong("missing", "is missing", [setExample("true")]);
    if (value === true || value === "true") return true;
    if (value === false || value === "false") return false;
    const no = ["no", "off", "n", "0"].includes(String(value).trim().toLowerCase());
    return new Wrong("not-boolean", `is ${describe(value)} where only true or false is allowed`, [set(!no)]);
  });
}

/** One of some words. */
export function choice<const T extends string>(...words: [T, ...T[]]): z.ZodType<T> {
  return kind({ kind: "choice", type: "string", example: words[0] }, (value) => {
    const text = asText(value, words[0]);
    if (text instanceof Wrong) return text;
    const word = words.find((candidate) => candidate === text);
    return (
      word ??
      new Wrong("not-a-choice", `${describe(text)} is none of ${words.join(", ")}`, [setExample(words[0])])
    );
  });
}

/** Form of a text. */
export interface TextOptions {
  /** Longest, in characters. @default 500 */
  max?: number;
  /** What it must look like. */
  pattern?: RegExp;
  /** The pattern in words, for the message. */
  form?: string;
  example: string;
}

/** One line of text. */
export function text(options: TextOptions): z.ZodType<string> {
  const max = options.max ?? 500;
  return kind({ kind: "text", type: "string", example: options.example }, (value) => {
    const line = asText(value, options.example);
    if (line instanceof Wrong) return line;
    if (line.length > max) {
      return new Wrong("too-long", `has ${line.length} characters; ${max} are allowed`, [
        setExample(options.example),
      ]);
    }
    if (options.pattern?.test(line) === false) {
      return new Wrong("malformed", `${describe(line)} is not ${options.form ?? "in the right form"}`, [
        setExample(options.example),
      ]);
    }
    return line;
  });
}

/** A name that can be part of the names of containers, volumes, databases and hosts. */
export function name(example = "my-name"): z.ZodType<string> {
  return kind({ kind: "name", type: "string", example }, (value) => {
    const line = asText(value, example);
    if (line instanceof Wrong) return line;
    const problem = nameProblem(line);
    return problem === undefined ? line : new Wrong("invalid-name", problem, [setExample(example)]);
  });
}

/** A secret: encrypted in the stack file, a secret Output in the program. Only whole keys can be secrets. */
export function secret(): z.ZodType<Secret> {
  return kind({ kind: "secret", type: "string", secret: true }, (value) => {
    if (value instanceof Secret) return value;
    return new Wrong("plain-secret", "is a secret and must be encrypted", [setSecret()]);
  });
}
