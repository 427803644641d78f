// Which test files may run beside another one, and in which order: the longest first, so that the workers end together.
import type { TestSpecification } from "vitest/node";
import { BaseSequencer } from "vitest/node";

/**
 * Files of tests/integration that need the machine to themselves: they compare latencies or durations, move a tag that another
 * one uses, or load a gateway so much that requests fail where others take its CPU.
 */
export const alone = ["bad-config", "boot-signs", "deploy", "gateway-overload", "images"].map(
  (name) => `tests/integration/${name}.test.ts`,
);

/** Seconds that a file took with the machine to itself on two cores; files that take less than a minute are not listed. */
export const seconds: Readonly<Record<string, number>> = {
  "integration/preview-report": 175,
  "integration/preview-report-code": 150,
  "integration/ssh-host": 200,
  "faults/kill-update": 75,
  "integration/drift": 195,
  "attacks/lugh": 260,
  "integration/bad-deploys": 90,
  "integration/report": 150,
  "integration/live-listen": 180,
  "faults/kill-first": 42,
  "integration/shared-stack": 140,
  "faults/daemon": 80,
  "faults/drift": 75,
  "faults/other-host": 85,
  "integration/lugh": 110,
  "integration/full-disk": 110,
  "integration/commands": 160,
  "integration/promote": 105,
  "integration/oracle": 120,
  "integration/tunnels": 87,
  "faults/engine-steps": 60,
  "integration/policies": 65,
  "integration/blue-banded-bee": 75,
  "integration/attached-plugins": 75,
  "integration/ready-made": 75,
  "integration/release": 140,
  "integration/secrets": 170,
  "integration/route": 150,
  "integration/verify": 110,
  "integration/oracle-shared": 65,
  "integration/installed-package": 150,
  "integration/whole-release": 55,
  "integration/jobs": 40,
  "integration/stores": 45,
  "integration/stateful": 62,
  "integration/providers": 62,
  "integration/new-system": 85,
};

function secondsOf({ moduleId }: TestSpecification): number {
  const name = /tests\/(.+)\.test\.ts$/.exec(moduleId)?.[1] ?? "";
  return seconds[name] ?? 0;
}

/** Sorts files by what they are known to take, the rest by vitest's own rules. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => secondsOf(b) - secondsOf(a));
  }
}
