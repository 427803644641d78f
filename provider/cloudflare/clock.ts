// Time, as far as waiting goes: what waits takes a clock, so that a test can let hours pass in a moment.
import { setTimeout as sleep } from "node:timers/promises";

/** Tells the time and waits. */
export interface Clock {
  /** Milliseconds since some moment; never goes back. */
  now(): number;
  /** Milliseconds since 1970, as dates in answers count them. */
  wall(): number;
  /** Waits so many milliseconds; rejects with the signal's reason when it fires. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** A number from 0 to 1, for jitter. */
  random(): number;
}

/** The real one. */
export const realClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  sleep: async (milliseconds, signal) => {
    try {
      await sleep(milliseconds, undefined, { signal });
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    }
  },
  random: () => Math.random(),
};
