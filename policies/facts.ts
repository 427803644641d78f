// A resource's inputs as plain values. The SDK hands out a proxy that throws when a value is read that isn't known yet;
// a rule that ran into it would be reported as one that could not run, for each resource of a first preview.
import policy from "@pulumi/policy";
import { type Facts, UNKNOWN } from "./rule.ts";

function plain(read: () => unknown): unknown {
  try {
    return copied(read());
  } catch (error) {
    if (error instanceof policy.UnknownValueError) return UNKNOWN;
    throw error;
  }
}

function copied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((_, index) => plain(() => value[index] as unknown));
  if (typeof value !== "object" || value === null) return value;
  return plainFacts(value);
}

/** Copies what is known, with UNKNOWN for the rest. */
export function plainFacts(props: object): Facts {
  const source = props as Readonly<Record<string, unknown>>;
  return Object.fromEntries(Object.keys(source).map((key) => [key, plain(() => source[key])]));
}
