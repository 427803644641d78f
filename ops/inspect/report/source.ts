// A source of the report: what it said, or why it said nothing. One that fails costs its own place and nothing else.
import { launcher } from "../../../lib/launcher.ts";
import { UserError } from "../../engine/errors.ts";

/** What a source said. */
export type Source<T> = { ok: true; value: T } | Unavailable;

/** A source that said nothing. */
export interface Unavailable {
  ok: false;
  /** Why, without a secret. */
  problem: string;
  /** What to do about it. */
  fix: string;
}

/** A source that has a value. */
export function known<T>(value: T): Source<T> {
  return { ok: true, value };
}

/** A source that has none. */
export function unavailable(problem: string, fix: string): Unavailable {
  return { ok: false, problem, fix };
}

/** Asks a source; an error becomes what it says. */
export async function ask<T>(work: () => Promise<T> | T): Promise<Source<T>> {
  try {
    return known(await work());
  } catch (error) {
    if (error instanceof UserError) return unavailable(error.message, error.fix);
    return unavailable(error instanceof Error ? error.message : String(error), `${launcher()} setup --check`);
  }
}

/** What follows from a source; nothing where it said nothing. */
export async function askWith<A, T>(
  source: Source<A>,
  work: (value: A) => Promise<T> | T,
): Promise<Source<T>> {
  return source.ok ? await ask(() => work(source.value)) : source;
}

/** What follows from two sources. */
export async function askBoth<A, B, T>(
  one: Source<A>,
  other: Source<B>,
  work: (one: A, other: B) => Promise<T> | T,
): Promise<Source<T>> {
  if (!one.ok) return one;
  return other.ok ? await ask(() => work(one.value, other.value)) : other;
}

/** The value, or another one where there is none. */
export function valueOr<T, U>(source: Source<T>, otherwise: U): T | U {
  return source.ok ? source.value : otherwise;
}
