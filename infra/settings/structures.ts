// Building blocks for maps and lists: sections with fixed names, variants told apart by a word, lists of one kind.
import { z } from "zod";
import { closest } from "./closest.ts";
import { describe, remove, set, setSecret, UP, Wrong } from "./issue.ts";
import { described, metaOf, report } from "./kind.ts";
import { choice } from "./scalars.ts";

type Shape = Record<string, z.ZodType>;
type Parsed<S extends Shape> = { [K in keyof S]: z.output<S[K]> };

/** How a section behaves. */
export interface SectionOptions {
  /** Name of the building block. @default "section" */
  kind?: string;
  /** Values of names that are left out, in the stack file's form. */
  defaults?: Record<string, unknown>;
}

/** A map with fixed names; a name that it doesn't know is an issue of its own. */
export function section<S extends Shape, T = Parsed<S>>(
  shape: S,
  options: SectionOptions = {},
  build: (value: Parsed<S>) => T = (value) => value as unknown as T,
): z.ZodType<T> {
  const object = z.object(shape);
  const schema = z.unknown().transform((value, context): T => {
    if (!isMap(value)) {
      report(
        context,
        [],
        new Wrong("wrong-type", `is ${describe(value)} where a map is expected`, [remove()]),
      );
      return z.NEVER;
    }
    for (const key of Object.keys(value)) {
      if (!Object.hasOwn(shape, key))
        report(context, [key], unknownKey(key, knownOf(shape), Object.keys(value)));
    }
    const result = object.safeParse({ ...options.defaults, ...value });
    if (!result.success) {
      passOn(context, result.error.issues, []);
      return z.NEVER;
    }
    return build(result.data as Parsed<S>);
  });
  return described(schema, { kind: options.kind ?? "section", type: "object" });
}

/** A map whose other names depend on the word at `tag`, for example `{kind: own, name: x}`. */
export function variants<K extends string, V extends Record<string, Shape>>(
  tag: K,
  shapes: V,
): z.ZodType<{ [W in keyof V]: { [P in K]: W } & Parsed<V[W]> }[keyof V]> {
  type Result = { [W in keyof V]: { [P in K]: W } & Parsed<V[W]> }[keyof V];
  const words = Object.keys(shapes);
  const first = words[0] ?? "";
  const sections = new Map(words.map((word) => [word, section({ [tag]: choice(word), ...shapes[word] })]));
  const schema = z.unknown().transform((value, context): Result => {
    if (!isMap(value)) {
      const fix = [remove(), set(first, [tag])];
      report(context, [], new Wrong("wrong-type", `is ${describe(value)} where a map is expected`, fix));
      return z.NEVER;
    }
    const chosen = sections.get(String(value[tag]));
    if (chosen === undefined) {
      const problem = value[tag] === undefined ? "missing" : "not-a-choice";
      const reason = `is ${describe(value[tag])} where one of ${words.join(", ")} is expected`;
      report(context, [tag], new Wrong(problem, reason, [set(first)]));
      return z.NEVER;
    }
    const result = chosen.safeParse(value);
    if (!result.success) {
      passOn(context, result.error.issues, []);
      return z.NEVER;
    }
    return result.data as Result;
  });
  return described(schema, { kind: "variants", type: "object" });
}

/** A name of a section that may be left out. */
export function optionally<T>(inner: z.ZodType<T>): z.ZodType<T | undefined> {
  return described(inner.optional(), metaOf(inner));
}

/** A list of one kind, without repetition. */
export function list<T>(item: z.ZodType<T>): z.ZodType<T[]> {
  const { type } = metaOf(item);
  const schema = z.unknown().transform((value, context): T[] => {
    if (!Array.isArray(value)) {
      const scalar = typeof value === "string" || typeof value === "number";
      const fix = scalar && item.safeParse(value).success ? [remove(), set(String(value), [0])] : [remove()];
      report(context, [], new Wrong("wrong-type", `is ${describe(value)} where a list is expected`, fix));
      return z.NEVER;
    }
    const results = value.map((entry: unknown) => item.safeParse(entry));
    results.forEach((result, index) => {
      if (!result.success) passOn(context, result.error.issues, [index]);
      else if (value.indexOf(value[index]) !== index) {
        report(context, [index], new Wrong("repeated", `${describe(value[index])} stands twice`, [remove()]));
      }
    });
    return results.flatMap((result) => (result.success ? [result.data] : []));
  });
  return described(schema, { kind: "list", type: "array", items: type });
}

/** Whether a value is a map. */
export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What a fixing command needs to know of a name. */
export interface Known {
  /** A value that is right. */
  example?: string | undefined;
  secret?: boolean | undefined;
}

/**
 * A name that nothing reads. Its value is not repeated: it may be a secret under a misspelt name.
 * `given` are the names that stand beside it.
 */
export function unknownKey(key: string, known: Record<string, Known>, given: string[]): Wrong {
  const names = Object.keys(known);
  const near = closest(key, names);
  const hint = near === undefined ? `known are ${names.join(", ")}` : `did you mean ${near}?`;
  const fix = [remove()];
  if (near !== undefined && !given.includes(near)) {
    const example = known[near]?.example;
    if (known[near]?.secret) fix.push(setSecret([UP, near]));
    else if (example !== undefined) fix.push(set(example, [UP, near]));
  }
  return new Wrong("unknown-key", `is no setting that anything reads; ${hint}`, fix);
}

function knownOf(shape: Shape): Record<string, Known> {
  return Object.fromEntries(Object.entries(shape).map(([key, schema]) => [key, metaOf(schema)]));
}

function passOn(context: z.RefinementCtx, issues: z.core.$ZodIssue[], base: PropertyKey[]): void {
  for (const issue of issues) {
    const params: Record<string, unknown> = issue.code === "custom" ? (issue.params ?? {}) : {};
    context.addIssue({ code: "custom", message: issue.message, path: [...base, ...issue.path], params });
  }
}
