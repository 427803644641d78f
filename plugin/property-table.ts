// Declares the properties of a resource in a table, and derives from it what every provider does the same way:
// checking inputs, comparing them with the state, and foretelling outputs in a preview.
import type { CheckFailure, CheckResult, DiffResult, PropertyChange } from "./handler.ts";
import { hasUnknown, isRecord, type Properties, sameValue, UNKNOWN, type Value } from "./values.ts";

/**
 * Types that a property can have. `map` holds any values by name; `object` is one described by `fields`, `objects` a
 * list of such.
 */
export type PropertyType =
  | "string"
  | "integer"
  | "number"
  | "boolean"
  | "strings"
  | "map"
  | "object"
  | "objects";

/** One property of a resource. */
export interface PropertySpec {
  readonly type: PropertyType;
  /** One sentence for the package schema. */
  readonly description?: string;
  /** Only an output, never an input. @default false */
  readonly output?: boolean;
  /** Must be given. @default false */
  readonly required?: boolean;
  /** Value of a property that isn't given. */
  readonly default?: Value;
  /** Set by the server when not given, so that an absent input never differs from the state. @default false */
  readonly computed?: boolean;
  /** A change of it asks for a new resource. @default false */
  readonly replace?: boolean;
  /** The order of a list has no meaning. @default false */
  readonly unordered?: boolean;
  /** Always a secret. @default false */
  readonly secret?: boolean;
  /** Says what is wrong with a known value of the right type; must not quote a secret. */
  validate?(value: Value, news: Properties): string | undefined;
  /** Equality where plain equality is too strict. */
  same?(old: Value | undefined, next: Value | undefined): boolean;
  /** Properties of each item, for `objects`, or of the value, for `object`. */
  readonly fields?: PropertyTable;
}

/** The properties of a resource by name. */
export type PropertyTable = Readonly<Record<string, PropertySpec>>;

/**
 * Finds unknown names, missing values, wrong types and what `validate` objects to. The inputs come back as given:
 * defaults are not written into the state, so that a newer default is not mistaken for a choice of the user.
 */
export function checkTable(table: PropertyTable, news: Properties, path = ""): CheckResult {
  const failures: CheckFailure[] = [];
  const inputs: Properties = {};
  const known = Object.keys(table).filter((key) => !table[key]?.output);
  for (const [key, value] of Object.entries(news)) {
    // Names with two underscores are bookkeeping that official plugins leave in the inputs.
    if (key.startsWith("__") || value === undefined || value === null) continue;
    const spec = table[key];
    if (!spec || spec.output) {
      failures.push({ property: path + key, reason: `is not an input; known ones: ${known.join(", ")}` });
      continue;
    }
    inputs[key] = value;
    const nested = spec.fields;
    const reason = typeProblem(spec, value) ?? (hasUnknown(value) ? undefined : spec.validate?.(value, news));
    if (reason) failures.push({ property: path + key, reason });
    else if (nested && Array.isArray(value)) {
      value.forEach((item, i) => {
        if (isRecord(item)) failures.push(...checkTable(nested, item, `${path}${key}[${i}].`).failures);
      });
    } else if (nested && isRecord(value)) {
      failures.push(...checkTable(nested, value, `${path}${key}.`).failures);
    }
  }
  for (const [key, spec] of Object.entries(table)) {
    if (spec.output || inputs[key] !== undefined) continue;
    if (spec.required) failures.push({ property: path + key, reason: "is missing; give it a value" });
  }
  return { inputs, failures };
}

/** The inputs with the defaults of what wasn't given. */
export function withDefaults(table: PropertyTable, inputs: Properties): Properties {
  const defaults = Object.entries(table).flatMap(([key, spec]) =>
    spec.default === undefined || inputs[key] !== undefined ? [] : [[key, spec.default] as const],
  );
  return { ...inputs, ...Object.fromEntries(defaults) };
}

/** Compares the state with checked inputs. Properties outside the table are left alone. */
export function diffTable(table: PropertyTable, olds: Properties, news: Properties): DiffResult {
  const changes: Record<string, PropertyChange> = {};
  for (const [key, spec] of Object.entries(table)) {
    if (spec.output) continue;
    const next = news[key] ?? undefined;
    const old = olds[key] ?? undefined;
    if (next === undefined && spec.computed) continue;
    if (sameProperty(spec, old, next)) continue;
    const kind = isEmpty(old) ? "add" : isEmpty(next) ? "delete" : "update";
    changes[key] = spec.replace ? `${kind}-replace` : kind;
  }
  return { changes };
}

/** Outputs as a preview can know them: inputs, then what is in the state, then unknown. */
export function previewTable(table: PropertyTable, inputs: Properties, olds: Properties = {}): Properties {
  const outputs: Properties = { ...olds };
  const given = withDefaults(table, inputs);
  for (const [key, spec] of Object.entries(table)) {
    if (given[key] !== undefined) outputs[key] = given[key];
    else if (!spec.output && !spec.computed) delete outputs[key];
    else if (outputs[key] === undefined) outputs[key] = UNKNOWN;
  }
  return outputs;
}

/** The inputs that a resource found by an import would have been made with: what differs from the defaults. */
export function inputsFromOutputs(table: PropertyTable, outputs: Properties): Properties {
  const inputs: Properties = {};
  for (const [key, spec] of Object.entries(table)) {
    const value = outputs[key];
    if (spec.output || (!spec.required && sameProperty(spec, value, spec.default))) continue;
    inputs[key] = value;
  }
  return inputs;
}

/** Names of the properties that are always secret. */
export function secretsOf(table: PropertyTable): string[] {
  return Object.keys(table).filter((key) => table[key]?.secret);
}

function sameProperty(spec: PropertySpec, old: Value | undefined, next: Value | undefined): boolean {
  if (hasUnknown(next)) return false;
  const before = old ?? spec.default;
  const after = next ?? spec.default;
  if (spec.same) return spec.same(before, after);
  if (isEmpty(before) && isEmpty(after)) return true;
  if (spec.fields && !spec.unordered) return sameNested(spec.fields, before, after);
  if (spec.unordered && Array.isArray(before) && Array.isArray(after)) {
    return sameValue(sorted(before), sorted(after));
  }
  return sameValue(before, after);
}

/** Compares what `fields` describe: one object, or a list of them. */
function sameNested(fields: PropertyTable, old: Value | undefined, next: Value | undefined): boolean {
  if (Array.isArray(old) && Array.isArray(next)) {
    return old.length === next.length && old.every((item, i) => sameNested(fields, item, next[i]));
  }
  if (!isRecord(next) || !(isRecord(old) || isEmpty(old))) return sameValue(old, next);
  const before = isRecord(old) ? old : {};
  const known = Object.entries(fields).every(
    ([key, spec]) =>
      (spec.computed && next[key] === undefined) || sameProperty(spec, before[key], next[key] ?? undefined),
  );
  const others = [...Object.keys(before), ...Object.keys(next)].filter((key) => !fields[key]);
  return known && others.every((key) => sameValue(before[key], next[key]));
}

/** Absent and empty are one: a server has no memory of the difference. */
function isEmpty(value: Value | undefined): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (isRecord(value)) return Object.keys(value).length === 0;
  return value === undefined || value === null || value === "" || value === false || value === 0;
}

function sorted(list: Value[]): Value[] {
  const key = (value: Value) => JSON.stringify(value, (_, item) => (isRecord(item) ? orderKeys(item) : item));
  return [...list].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

function orderKeys(record: { [key: string]: Value | undefined }): Properties {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function typeProblem(spec: PropertySpec, value: Value): string | undefined {
  if (value === UNKNOWN) return undefined;
  switch (spec.type) {
    case "string":
      return typeof value === "string" ? undefined : "must be a string";
    case "boolean":
      return typeof value === "boolean" ? undefined : "must be true or false";
    case "integer":
      return Number.isSafeInteger(value) ? undefined : "must be a whole number";
    case "number":
      return typeof value === "number" ? undefined : "must be a number";
    case "strings":
      return isListOf(value, (item) => typeof item === "string") ? undefined : "must be a list of strings";
    case "objects":
      return isListOf(value, isRecord) ? undefined : "must be a list of objects";
    case "map":
    case "object":
      return isRecord(value) ? undefined : "must be a map";
  }
}

function isListOf(value: Value, test: (item: Value) => boolean): boolean {
  return Array.isArray(value) && value.every((item) => item === UNKNOWN || test(item));
}
