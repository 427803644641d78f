// Spoilt stack files by the hundred: each is valid for the program too, or has a clear problem. TANDEM_SOAK=1000 for more.
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { settings as oracle } from "../../stacks/oracle/settings.ts";
import { rawFromEngine } from "../settings/program.ts";
import { type CheckedStack, readStack } from "./index.ts";
import { mutate } from "./mutations.ts";
import { inProject, productionSource, projectSource, stagingSource } from "./testing.ts";
import { checkValues } from "./values.ts";

const RUNS = process.env.TANDEM_SOAK === undefined ? 200 : 1000;
/** No check may take longer; a file of this size takes milliseconds. */
const LIMIT_MS = 5000;

const sources = [
  ["staging", stagingSource],
  ["production", productionSource],
] as const;

describe(`${RUNS} spoilt stack files`, () => {
  it("are each valid, or have a clear problem, in time", { timeout: RUNS * 100 + LIMIT_MS }, async () => {
    let valid = 0;
    for (let seed = 1; seed <= RUNS; seed += 1) {
      const [stack, source] = sources[seed % 2 === 0 ? 0 : 1];
      const spoilt = mutate(source, seed);
      const start = performance.now();
      const result = await inProject({ [`Pulumi.${stack}.yaml`]: spoilt }, (projectDir) =>
        readStack({ projectDir, stack, deep: false }),
      );
      expect(performance.now() - start, `seed ${seed}`).toBeLessThan(LIMIT_MS);
      expectClear(result, seed);
      if (result.settings === undefined) continue;
      valid += 1;
      expect(JSON.stringify(asProgram(spoilt)), `seed ${seed}`).toBe(JSON.stringify(result.settings));
    }
    // Both outcomes must occur, or the mutations prove nothing.
    expect(valid).toBeGreaterThan(RUNS / 50);
    expect(valid).toBeLessThan(RUNS * 0.7);
  });
});

function expectClear({ problems, settings }: CheckedStack, seed: number): void {
  if (settings === undefined)
    expect(
      problems.some(({ severity }) => severity === "error"),
      `seed ${seed}`,
    ).toBe(true);
  for (const problem of problems) {
    expect(problem.reason, `seed ${seed}`).toMatch(/\S+ \S+/);
    expect(problem.fix, `seed ${seed}`).toMatch(/^(pulumi (config|stack) |\$EDITOR )/);
    expect(problem.file, `seed ${seed}`).toMatch(/^Pulumi\./);
    expect(`${problem.reason}${problem.fix}`, `seed ${seed}`).not.toMatch(/undefined|NaN|\[object/);
  }
}

/** What the program would make of a file that the check finds valid: the engine's YAML 1.1, and text for all scalars. */
function asProgram(source: string): unknown {
  const block: Record<string, { default?: unknown }> = parse(projectSource).config;
  const stack: Record<string, unknown> =
    parse(source, { version: "1.1", schema: "core", merge: true })?.config ?? {};
  const flat: Record<string, string> = {};
  for (const [key, entry] of Object.entries(block)) flat[`oracle:${key}`] = asText(entry.default);
  for (const [key, value] of Object.entries(stack)) {
    flat[key.includes(":") ? key.replace(":config:", ":") : `oracle:${key}`] = asText(value);
  }
  const { values, issues } = checkValues(
    oracle,
    rawFromEngine(oracle.keys, "oracle", flat, () => false),
  );
  expect(issues.filter(({ severity }) => severity !== "warning")).toEqual([]);
  return values;
}

function asText(value: unknown): string {
  if (typeof value === "object" && value !== null) return JSON.stringify(value);
  return value === undefined || value === null ? "" : String(value);
}
