// Which slot the next restore point gets: never that of one which is still needed.
import { describe, expect, it } from "vitest";
import { freeSlot, type KeptPoint } from "./store.ts";

const point = (slot: number) => ({ name: `point-${slot}`, slot }) as KeptPoint;

describe("freeSlot", () => {
  it("is a free one, and one more than are kept, so that the oldest stays until the new one is there", () => {
    expect(freeSlot([], 2)).toBe(1);
    expect(freeSlot([point(1)], 2)).toBe(2);
    expect(freeSlot([point(2), point(1)], 2)).toBe(3);
  });

  it("is the oldest one's where none is free, but not that of one which must stay", () => {
    expect(freeSlot([point(3), point(2), point(1)], 2)).toBe(1);
    expect(freeSlot([point(3), point(2), point(1)], 2, "point-1")).toBe(2);
    expect(freeSlot([point(1)], 0, "point-1")).toBe(2);
  });

  it("leaves alone what lies beyond, where fewer are kept than before", () => {
    expect(freeSlot([point(5), point(2), point(1)], 1)).toBe(1);
  });
});
