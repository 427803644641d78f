import { describe, expect, it } from "vitest";
import { connectionLimits } from "./postgres-tuning.ts";

describe("the connections of one environment on a shared server", () => {
  it.each([
    [100, 1],
    [100, 2],
    [100, 3],
    [500, 7],
    [40, 2],
  ])("are a part of its share: %i connections, %i environments", (max, environments) => {
    const { owner, app, readonly } = connectionLimits(max, environments);
    expect((owner + app + readonly) * environments).toBeLessThanOrEqual(max - 10);
    for (const limit of [owner, app, readonly]) expect(limit).toBeGreaterThanOrEqual(2);
    expect(app).toBeGreaterThanOrEqual(owner + readonly);
  });

  it("are never none, however small the server", () => {
    expect(connectionLimits(20, 10)).toEqual({ owner: 2, app: 2, readonly: 2 });
  });
});
