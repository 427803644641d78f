// Property values as they travel between engine and provider: plain data, unknowns and secrets.
import structPb from "google-protobuf/google/protobuf/struct_pb.js";

/** Stands for a value that is not known yet, which happens in previews only. */
export const UNKNOWN: unique symbol = Symbol("unknown");

/** A property value without its secret marks. */
export type Value =
  | null
  | boolean
  | number
  | string
  | typeof UNKNOWN
  | Value[]
  | { [key: string]: Value | undefined };

/** The properties of a resource, by name. An entry that is `undefined` counts as absent. */
export type Properties = { [key: string]: Value | undefined };

/** Properties as they came from the engine. */
export interface Decoded {
  readonly values: Properties;
  /** Top-level names whose value is, or contains, a secret. */
  readonly secrets: ReadonlySet<string>;
  /** All texts in it, each with the mark of the innermost value that has one: secret or not. */
  readonly texts: readonly { text: string; secret: boolean }[];
  /** The same as it came, by top-level name. */
  readonly wire: Readonly<Record<string, Plain>>;
}

// Both constants belong to the wire protocol of Pulumi.
const UNKNOWN_ON_WIRE = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const SIGNATURE_KEY = "4dabf18193072939515e22adb298388d";
const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";

/** A value as JSON has it. */
type Plain = null | boolean | number | string | Plain[] | { [key: string]: Plain };

/** Reads a message from the engine: unknowns become {@link UNKNOWN}, secrets are unwrapped and remembered. */
export function decode(struct: structPb.Struct | undefined): Decoded {
  const values: Properties = {};
  const secrets = new Set<string>();
  const texts: { text: string; secret: boolean }[] = [];
  const wire = (struct?.toJavaScript() ?? {}) as { [key: string]: Plain };
  for (const [key, value] of Object.entries(wire)) {
    values[key] = decodeValue(value, false, {
      secret: () => secrets.add(key),
      text: (text, secret) => texts.push({ text, secret }),
    });
  }
  return { values, secrets, texts, wire };
}

/** Writes a message for the engine, with the named top-level properties marked as secrets. */
export function encode(values: Properties, secrets: ReadonlySet<string> = new Set()): structPb.Struct {
  const raw: { [key: string]: Plain } = {};
  for (const [key, value] of Object.entries(values)) {
    if (value !== undefined) raw[key] = encodeProperty(value, secrets.has(key));
  }
  return structPb.Struct.fromJavaScript(raw);
}

/**
 * Writes what became of properties. Those that are as they came go back as they came, with the marks inside them: of
 * variables, most of them plain, only the secret ones stay secret.
 */
export function encodeLike(came: Decoded, values: Properties): structPb.Struct {
  const raw: { [key: string]: Plain } = {};
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined) continue;
    const same = came.wire[key] !== undefined && sameValue(value, came.values[key]);
    raw[key] = same ? (came.wire[key] ?? null) : encodeProperty(value, came.secrets.has(key));
  }
  return structPb.Struct.fromJavaScript(raw);
}

function encodeProperty(value: Value, secret: boolean): Plain {
  const plain = encodeValue(value);
  return secret ? { [SIGNATURE_KEY]: SECRET_SIGNATURE, value: plain } : plain;
}

/** Whether the value is unknown or holds something unknown. */
export function hasUnknown(value: Value | undefined): boolean {
  if (value === UNKNOWN) return true;
  if (Array.isArray(value)) return value.some(hasUnknown);
  if (value !== null && typeof value === "object") return Object.values(value).some(hasUnknown);
  return false;
}

/** Deep equality; a key that is `undefined` equals an absent one, an unknown equals nothing. */
export function sameValue(a: Value | undefined, b: Value | undefined): boolean {
  if (a === UNKNOWN || b === UNKNOWN) return false;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, i) => sameValue(item, b[i]));
  }
  if (isRecord(a) && isRecord(b)) {
    return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((key) => sameValue(a[key], b[key]));
  }
  return a === b;
}

/** Whether the value is an object (neither null nor an array). */
export function isRecord(value: Value | undefined): value is { [key: string]: Value | undefined } {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

interface Listener {
  secret(): void;
  text(text: string, secret: boolean): void;
}

function decodeValue(value: Plain, secret: boolean, heard: Listener): Value {
  if (value === UNKNOWN_ON_WIRE) return UNKNOWN;
  if (typeof value === "string") heard.text(value, secret);
  if (Array.isArray(value)) return value.map((item) => decodeValue(item, secret, heard));
  if (value === null || typeof value !== "object") return value;
  if (value[SIGNATURE_KEY] === SECRET_SIGNATURE) {
    heard.secret();
    return decodeValue(value.value ?? null, true, heard);
  }
  if (typeof value[SIGNATURE_KEY] === "string") {
    throw new Error("assets, archives and resource references are not accepted as property values here");
  }
  const entries = Object.entries(value).map(([key, item]) => [key, decodeValue(item, secret, heard)]);
  return Object.fromEntries(entries);
}

function encodeValue(value: Value): Plain {
  if (value === UNKNOWN) return UNKNOWN_ON_WIRE;
  if (Array.isArray(value)) return value.map(encodeValue);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).filter((entry): entry is [string, Value] => entry[1] !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, encodeValue(item)]));
}
