// What counts as comparable, which log lines tell of an error, and where a sample's median lies.
import { describe, expect, it } from "vitest";
import { compareMeasures } from "./compare.ts";
import { errorLines } from "./log-lines.ts";
import { type Measure, quantile, type Values } from "./measure.ts";

const values = (measure: Measure, value: number): Values => new Map([[measure.name, { measure, value }]]);

function comparable(measure: Omit<Measure, "name">, one: number, other: number): boolean | undefined {
  const named = { name: "x", ...measure };
  return compareMeasures(values(named, one), values(named, other), 2)[0]?.comparable;
}

describe("compareMeasures", () => {
  it.each([
    [{ unit: "ms" }, 100, 200, true],
    [{ unit: "ms" }, 201, 100, false],
    // Some milliseconds are the machine's.
    [{ unit: "ms" }, 1, 11, true],
    [{ unit: "ms" }, 1, 12, false],
    [{ unit: "jobs/s" }, 50, 101, false],
    [{ unit: "MiB" }, 10, 42, true],
    [{ unit: "MiB", limit: true }, 1024, 1024, true],
    [{ unit: "MiB", limit: true }, 1024, 1025, false],
  ] as [Omit<Measure, "name">, number, number, boolean][])("%j: %d and %d", (measure, one, other, result) => {
    expect(comparable(measure, one, other)).toBe(result);
  });

  it("takes what one of them lacks as a difference", () => {
    const [row] = compareMeasures(values({ name: "query", unit: "ms" }, 3), new Map(), 2);
    expect(row).toEqual({ name: "query", unit: "ms", values: [3, undefined], comparable: false });
  });
});

describe("errorLines", () => {
  it.each([
    '{"level":"error","msg":"x"}',
    '{"time":1,"level":60,"msg":"x"}',
    '{"severity": "CRITICAL"}',
    "2026-11-21 12:00:00.000 UTC [7] FATAL:  the database system is starting up",
    "ERROR in app",
    "panic: runtime error",
    "Traceback (most recent call last):",
  ])("finds %s", (line) => expect(errorLines(`ready\n${line}\n`)).toEqual([line]));

  it.each([
    '{"level":"info","msg":"0 errors"}',
    '{"level":30,"path":"/error"}',
    "GET /error 200",
    "errors: none",
  ])("leaves %s", (line) => expect(errorLines(line)).toEqual([]));
});

describe("quantile", () => {
  it("sorts first", () => expect(quantile([9, 1, 5], 0.5)).toBe(5));
});
