// A clock for simulations: time stands still while anything works, and jumps to the next sleeper when all sleep.
import { setImmediate as turn } from "node:timers/promises";
import type { Clock } from "../../provider/cloudflare/clock.ts";

interface Sleeper {
  readonly at: number;
  wake(): void;
}

/** Turns of the event loop without a new sleeper after which everybody counts as asleep. */
const QUIET_TURNS = 6;

/** A clock that moves by jumps, with random numbers from a seed. */
export class VirtualClock implements Clock {
  readonly random: () => number;
  #now = 0;
  #sleepers: Sleeper[] = [];
  #changes = 0;

  constructor(seed: number) {
    this.random = randomFrom(seed);
  }

  now(): number {
    return this.#now;
  }

  wall(): number {
    return Date.UTC(2026, 0, 1) + this.#now;
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      this.#changes++;
      const stop = () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal?.reason as Error);
      };
      const wake = () => {
        signal?.removeEventListener("abort", stop);
        resolve();
      };
      const sleeper: Sleeper = { at: this.#now + Math.max(milliseconds, 0), wake };
      this.#sleepers.push(sleeper);
      signal?.addEventListener("abort", stop, { once: true });
    });
  }

  /** Lets time pass until the work is done, and gives its result. */
  async run<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const watched = work.finally(() => {
      done = true;
    });
    watched.catch(() => {});
    while (!done) {
      await this.#quiet(() => done);
      if (done) break;
      const next = this.#sleepers.reduce<Sleeper | undefined>(
        (first, sleeper) => (first === undefined || sleeper.at < first.at ? sleeper : first),
        undefined,
      );
      // Nobody sleeps, and yet somebody works: on something outside of this clock.
      if (next === undefined) continue;
      this.#sleepers = this.#sleepers.filter((sleeper) => sleeper !== next);
      this.#now = next.at;
      next.wake();
    }
    return watched;
  }

  async #quiet(done: () => boolean): Promise<void> {
    let seen = -1;
    for (let quiet = 0; quiet < QUIET_TURNS && !done(); quiet++) {
      await turn();
      if (this.#changes !== seen) quiet = 0;
      seen = this.#changes;
    }
  }
}

/** Random numbers from 0 to 1 that a seed repeats (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
