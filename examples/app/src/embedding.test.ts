// The toy embedding: same text same vector, unit length, shared words are nearer.
import { describe, expect, it } from "vitest";
import { dimensions, embed } from "./embedding.ts";

const distance = (a: number[], b: number[]) => Math.hypot(...a.map((value, at) => value - (b[at] ?? 0)));

describe("embed", () => {
  it("is deterministic and has length 1", () => {
    const vector = embed("The quick brown fox");
    expect(vector).toEqual(embed("the QUICK brown, fox!"));
    expect(vector).toHaveLength(dimensions);
    expect(Math.hypot(...vector)).toBeCloseTo(1);
  });

  it("puts texts with shared words nearer than texts without", () => {
    const fox = embed("the quick brown fox");
    expect(distance(fox, embed("a quick brown fox"))).toBeLessThan(
      distance(fox, embed("database migrations")),
    );
  });

  it("gives a finite vector for text without letters", () => {
    for (const text of ["!!!", "日本語", ""]) expect(embed(text).every(Number.isFinite)).toBe(true);
  });
});
