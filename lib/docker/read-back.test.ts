import { describe, expect, it } from "vitest";
import { goDuration, providerCpus } from "./read-back.ts";

describe("a length of time", () => {
  it.each([
    [0, "0s"],
    [0.001, "1ms"],
    [0.05, "50ms"],
    [0.0015, "1.5ms"],
    [0.000_002, "2µs"],
    [1, "1s"],
    [1.5, "1.5s"],
    [10, "10s"],
    [59.999, "59.999s"],
    [60, "1m0s"],
    [90.25, "1m30.25s"],
    [3600, "1h0m0s"],
    [3661, "1h1m1s"],
    [86_400, "24h0m0s"],
    [0.1 + 0.2, "300ms"],
  ])("of %d s is written as Go does: %s", (seconds, written) => {
    expect(goDuration(seconds)).toBe(written);
  });
});

describe("a share of CPUs", () => {
  /** The provider's own `nanoInt64ToDecimalString`. */
  const readBack = (written: string) => {
    const nano = Math.round(Number(written) * 1e9);
    const text = (nano / 1e9).toFixed(9);
    return text.split("0").length - 1 === 9 ? (nano / 1e9).toFixed(1) : text.replace(/0+$/, "");
  };

  it.each([
    [0.5, "0.5"],
    [1, "1.0"],
    [2, "2.0"],
    [0.25, "0.25"],
    [1.5, "1.5"],
    [0.1, "0.1"],
    [0.123456789, "0.123456789"],
    // The provider reads these back with a point at the end, and takes them so.
    [10, "10."],
    [100, "100."],
    [0.01, "0.010000001"],
    [0.05, "0.050000001"],
  ])("%d is written as %s", (cpus, written) => {
    expect(providerCpus(cpus)).toBe(written);
  });

  it("is read back as it was written, and means the same to the kernel", () => {
    const quota = (cpus: number) => Math.floor((Math.round(cpus * 1e9) * 100_000) / 1e9);
    const all = Array.from({ length: 51_200 }, (_, index) => (index + 1) / 100);
    const wrong = all.filter((cpus) => {
      const written = providerCpus(cpus);
      return readBack(written) !== written || quota(Number(written)) !== quota(cpus);
    });
    expect(wrong).toEqual([]);
  });
});
