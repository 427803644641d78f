// Looks for drift by the command itself, for tests that have environments up.
import { expect } from "vitest";
import type { DriftReport } from "../../ops/inspect/drift/render.ts";
import type { HandMade } from "./hand-made.ts";
import type { TestProject } from "./project.ts";

/** Runs `tandem drift --json` and reads its document apart from what the set-up says. */
export async function drift(
  project: TestProject,
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<{ exitCode: number; reports: DriftReport[] }> {
  const { exitCode, output } = await project.tandem(["drift", "--json", ...args], env);
  const begin = output.indexOf("{\n");
  expect(begin, output).toBeGreaterThanOrEqual(0);
  return { exitCode, reports: (JSON.parse(output.slice(begin)) as { reports: DriftReport[] }).reports };
}

/** Expects that the stacks, all that are up, have not drifted. */
export async function expectNoDrift(
  project: TestProject,
  stacks: readonly string[],
  env: Record<string, string> = {},
): Promise<void> {
  const { exitCode, reports } = await drift(project, [], env);
  const found = reports.map(({ stack, drifts }) => [stack, drifts]);
  expect(Object.fromEntries(found)).toEqual(Object.fromEntries(stacks.map((stack) => [stack, []])));
  expect(exitCode).toBe(0);
}

const GRAVITY = ["safe", "person", "data"] as const;

/**
 * Expects each change to be found by a finding of its own and sorted right, the drift to be as grave as the gravest change
 * to its subject, and nothing besides but what follows from them.
 */
export function expectFound(
  report: DriftReport | undefined,
  changes: readonly HandMade[],
  following: readonly string[] = [],
): DriftReport {
  if (report === undefined) throw new Error("no report");
  const taken = new Set<object>();
  for (const { name, subject, text, gravity } of changes) {
    const drift = report.drifts.find((one) => one.subject === subject);
    const finding = drift?.findings.find((one) => text.test(one.text) && !taken.has(one));
    const words = drift?.findings.map((one) => one.text) ?? [];
    expect.soft({ name, words, gravity: finding?.gravity ?? "not found" }).toEqual({ name, words, gravity });
    if (finding !== undefined) taken.add(finding);
    const all = changes.filter((one) => one.subject === subject);
    const worst = Math.max(...all.map((one) => GRAVITY.indexOf(one.gravity)));
    expect.soft({ name, gravest: drift?.gravity }).toEqual({ name, gravest: GRAVITY[worst] });
  }
  const expected = new Set([...changes.map(({ subject }) => subject), ...following]);
  expect.soft(report.drifts.filter(({ subject }) => !expected.has(subject))).toEqual([]);
  return report;
}

/** Makes the changes of several stacks, expects one look to find each in its own stack, and undoes them. */
export async function expectFoundAndUndo(
  project: TestProject,
  changes: Readonly<Record<string, readonly HandMade[]>>,
  env: Record<string, string> = {},
): Promise<void> {
  const all = Object.values(changes).flat();
  for (const { make } of all) await make();
  const { exitCode, reports } = await drift(project, [], env);
  expect(exitCode).toBe(2);
  for (const report of reports) expectFound(report, changes[report.stack] ?? []);
  expect(reports.map(({ stack }) => stack)).toEqual(expect.arrayContaining(Object.keys(changes)));
  for (const { undo } of all.toReversed()) await undo?.();
}
