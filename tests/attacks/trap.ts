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

/** Plants traps one after the other; a refusal is an answer. */
export async function plantAll(site: Site, traps: readonly Trap[]): Promise<Planted[]> {
  const planted: Planted[] = [];
  for (const { kind, plant, answer: expected } of traps) {
    const answer = await plant(site).then(
      (value) => String(value ?? ""),
      (error: Error) => `refused: ${error.message}`,
    );
    planted.push({
      kind,
      answer: answer.slice(0, 2000),
      wrong: expected !== undefined && !expected.test(answer),
    });
  }
  return planted;
}
