// A trap: what a hostile actor leaves behind for whoever looks, and how the attempt itself ended.
import type { Site } from "./site.ts";

/** One thing that an actor tries. */
export interface Trap {
  /** What kind of trap it is; an actor has many. */
  kind: string;
  /**
   * Sets it up, or tries.
   *
   * @returns what the system answered
   */
  plant(site: Site): Promise<unknown>;
  /** The answer must match: the attempt itself is what has to be refused. @default any answer will do */
  answer?: RegExp;
}

/** How planting went. */
export interface Planted {
  kind: string;
  answer: string;
  /** The answer was not what it must be. */
  wrong: boolean;
}

async function plantOne(site: Site, { kind, plant, answer: expected }: Trap): Promise<Planted> {
  const answer = await plant(site).then(
    (value) => String(value ?? ""),
    (error: Error) => `refused: ${error.message}`,
  );
  return { kind, answer: answer.slice(0, 2000), wrong: expected !== undefined && !expected.test(answer) };
}

/**
 * Plants traps in their order; a refusal is an answer.
 *
 * @param together how many at a time
 */
export async function plantAll(site: Site, traps: readonly Trap[], together = 1): Promise<Planted[]> {
  const planted: Planted[] = [];
  for (let at = 0; at < traps.length; at += together) {
    const some = traps.slice(at, at + together);
    planted.push(...(await Promise.all(some.map((trap) => plantOne(site, trap)))));
  }
  return planted;
}
