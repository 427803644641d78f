// Two stacks at once on one tunnel, again and again: no foreign rule is ever lost or moved, every own one ends right.
import { describe, expect, it } from "vitest";
import { simulate } from "../support/tunnel-simulation.ts";

const ROUNDS = process.env.TANDEM_SOAK === undefined ? 100 : 1_000;
const seed = Number(process.env.TANDEM_SEED ?? 20261121);

describe(`a shared tunnel, seed ${seed}`, () => {
  it(`keeps foreign rules through ${ROUNDS} interleavings of two stacks, in every version that ever was`, async () => {
    let operations = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const outcome = await simulate(seed + round);
      expect(outcome.problems, `seed ${seed + round}`).toEqual([]);
      expect(outcome.overwritten, `seed ${seed + round}`).toBe(0);
      operations += outcome.operations;
    }
    expect(operations).toBeGreaterThan(5 * ROUNDS);
  });

  it(`says which hand-made changes it met in the middle, in ${ROUNDS / 5} interleavings`, async () => {
    for (let round = 0; round < ROUNDS / 5; round++) {
      const outcome = await simulate(seed + round, { byHand: true });
      expect(outcome.problems, `seed ${seed + round}`).toEqual([]);
    }
  });
});
