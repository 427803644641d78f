// Reads raw values into typed settings and collects every issue on the way.
import type { z } from "zod";
import { credentialIn } from "./credential.ts";
import type { Settings, SystemSettings, ValuesOf } from "./define.ts";
import { at, type Issue, type Path, remove, type Step, set, setSecret, Wrong } from "./issue.ts";
import { metaOf } from "./kind.ts";
import { Secret } from "./secret.ts";
import { isMap, type Known, unknownKey } from "./structures.ts";

/** A value before it is read. */
export interface RawValue {
  /** The value; undefined if it is encrypted and can't be read here. */
  value: unknown;
  /** It is encrypted in the stack file. */
  secure: boolean;
}

/** Raw values by key, without the project's namespace. */
export type RawValues = ReadonlyMap<string, RawValue>;

/** What came of reading. */
export interface Reading<K extends Settings> {
  /** What could be read; complete if there is no issue. */
  values: Partial<ValuesOf<K>>;
  issues: Issue[];
}

/** Reads a stack's raw values; never throws over what they hold. */
export function readValues<K extends Settings>(system: SystemSettings<K>, raw: RawValues): Reading<K> {
  const issues = unknownIssues(system.keys, raw);
  const values: Record<string, unknown> = {};
  for (const key of Object.keys(system.keys)) {
    const result = readOne(system.keys, key, raw.get(key));
    issues.push(...result.issues);
    if (result.issues.length === 0) values[key] = result.value;
  }
  const read = values as Partial<ValuesOf<K>>;
  return { values: read, issues: [...issues, ...(system.rules?.(read) ?? [])] };
}

interface One {
  value?: unknown;
  issues: Issue[];
}

function readOne(keys: Settings, key: string, raw: RawValue | undefined): One {
  const setting = keys[key];
  if (setting === undefined) throw new Error(`no setting ${key}`);
  const { schema, optional = false } = setting;
  const meta = metaOf(schema);
  if (raw === undefined) return absent(setting, key);
  if (meta.variables !== undefined) return readVariables(keys, key, raw, meta.variables.secret);
  if (meta.secret && (raw.secure || raw.value === "")) return readSecret(raw, key, optional);
  if (meta.secret) return fail(key, "plain-secret", PLAIN_SECRET, [setSecret()]);
  if (raw.secure) {
    const reason = "is no secret, but encrypted: it stands in names and labels, and can't be compared";
    return fail(key, "needless-secret", reason, [remove(), ...exampleSteps(keys, key)]);
  }
  const credential = credentialIn(raw.value);
  if (credential !== undefined) return fail(key, "plain-credential", plainCredential(credential), []);
  if (raw.value === null) return fail(key, "empty", "has no value", emptySteps(keys, key));
  const unset = raw.value === "" || (meta.type === "integer" && isZero(raw.value));
  if (unset && optional) return { value: undefined, issues: [] };
  return parsed(keys, key, raw.value);
}

function parsed(keys: Settings, key: string, value: unknown): One {
  const result = keys[key]?.schema.safeParse(value);
  if (result?.success) return { value: result.data, issues: [] };
  return { issues: (result?.error.issues ?? []).map((issue) => fromZod(issue, keys, key)) };
}

/**
 * Variables, each looked at by itself. The check finds encrypted values in their places; the program gets them in plain
 * text, and is told of the whole that something in it was encrypted.
 */
function readVariables(keys: Settings, key: string, { value, secure }: RawValue, secret: boolean): One {
  if (!secure)
    return value === null ? fail(key, "empty", "has no value", [remove()]) : parsed(keys, key, value);
  if (value === undefined) {
    return fail(key, "wrong-type", "is encrypted as a whole: encrypt each variable by itself", [remove()]);
  }
  if (secret) return parsed(keys, key, withSecrets(value));
  const reason =
    "holds something encrypted, and stands where plain values do: secret variables stand under secrets";
  return fail(key, "needless-secret", reason, []);
}

function withSecrets(value: unknown): unknown {
  if (typeof value === "string") return new Secret(value);
  if (!isMap(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withSecrets(inner)]));
}

const PLAIN_SECRET =
  "is a secret in plain text: encrypt it, and issue a new one where the old one was seen or committed";

function plainCredential(what: string): string {
  return (
    `holds ${what}, and a plain setting is shown in previews, reports and comments: make it a \`secret()\` in the ` +
    "system's settings.ts, set it anew with `--secret`, and issue a new one where this one was seen or committed"
  );
}

function absent(setting: Settings[string], key: string): One {
  if (setting.optional) return { value: undefined, issues: [] };
  if (setting.default === undefined) {
    return fail(key, "missing", "is required and has no value", exampleSteps({ [key]: setting }, key));
  }
  return { value: setting.schema.parse(setting.default), issues: [] };
}

function readSecret(raw: RawValue, key: string, optional: boolean): One {
  const empty = raw.value === "";
  if (empty && optional && !raw.secure) return { value: undefined, issues: [] };
  if (empty) return fail(key, "empty", "is an empty secret", [optional ? remove() : setSecret()]);
  if (raw.value !== undefined && typeof raw.value !== "string") {
    return fail(key, "wrong-type", "is an encrypted map where one secret text is expected", [setSecret()]);
  }
  return { value: new Secret(raw.value), issues: [] };
}

function isZero(value: unknown): boolean {
  return value === 0 || value === "0";
}

function fail(key: string, problem: string, reason: string, fix: Step[]): One {
  return { issues: [{ problem, path: [key], reason, fix: fix.map((step) => at([key], step)) }] };
}

function toIssue(wrong: Wrong, path: Path): Issue {
  return {
    problem: wrong.problem,
    path,
    reason: wrong.reason,
    fix: wrong.fix.map((step) => at(path, step)),
  };
}

/** An issue of one of the building blocks, on its way back from zod. */
function fromZod(issue: z.core.$ZodIssue, keys: Settings, key: string): Issue {
  const params: { problem?: string; fix?: Step[] } = issue.code === "custom" ? (issue.params ?? {}) : {};
  const inside = issue.path.map((part) => (typeof part === "number" ? part : String(part)));
  // The building block's example is any value of its kind; the setting may know a better one.
  const fix = (params.fix ?? []).flatMap((step) =>
    step.do === "set" && step.example && inside.length === 0 ? exampleSteps(keys, key) : [step],
  );
  return toIssue(new Wrong(params.problem ?? "invalid", issue.message, fix), [key, ...inside]);
}

/** Steps that give a setting the example as its value. */
function exampleSteps(keys: Settings, key: string): Step[] {
  const { example, secret } = knownOf(keys, key);
  if (secret) return [setSecret()];
  return example === undefined ? [] : [set(example)];
}

/** What fixing commands need to know of the settings, by key. */
export function knownKeys(keys: Settings): Record<string, Known> {
  return Object.fromEntries(Object.keys(keys).map((key) => [key, knownOf(keys, key)]));
}

/** What a fixing command needs to know of a setting. */
function knownOf(keys: Settings, key: string): Known {
  const setting = keys[key];
  if (setting === undefined) return {};
  const meta = metaOf(setting.schema);
  return { example: setting.example ?? plainDefault(setting.default) ?? meta.example, secret: meta.secret };
}

function emptySteps(keys: Settings, key: string): Step[] {
  const setting = keys[key];
  const dispensable = setting?.optional === true || setting?.default !== undefined;
  return dispensable ? [remove()] : exampleSteps(keys, key);
}

function plainDefault(value: unknown): string | undefined {
  return value === undefined || value === "" || typeof value === "object" ? undefined : String(value);
}

function unknownIssues(keys: Settings, raw: RawValues): Issue[] {
  const known = knownKeys(keys);
  return [...raw.keys()]
    .filter((key) => !Object.hasOwn(keys, key))
    .map((key) => toIssue(unknownKey(key, known, [...raw.keys()]), [key]));
}
