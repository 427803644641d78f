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

/** About the seconds that a file takes by itself on two cores: seven tenths of what it took beside others, 30 November. */
export const seconds: Readonly<Record<string, number>> = {
  "integration/preview-report": 130,
  "integration/preview-report-code": 125,
  "integration/ssh-host": 125,
  "faults/kill-update": 45,
  "integration/drift": 110,
  "attacks/lugh": 130,
  "integration/bad-deploys": 100,
  "integration/report": 85,
  "integration/live-listen": 230,
  "faults/kill-first": 42,
  "integration/shared-stack": 95,
  "faults/daemon": 75,
  "faults/drift": 70,
  "faults/other-host": 70,
  "integration/lugh": 110,
  "integration/full-disk": 50,
  "integration/commands": 150,
  "integration/promote": 85,
  "integration/oracle": 105,
  "integration/tunnels": 120,
  "faults/engine-steps": 50,
  "integration/policies": 45,
  "integration/blue-banded-bee": 75,
  "integration/attached-plugins": 55,
  "integration/ready-made": 55,
  "integration/release": 135,
  "integration/secrets": 170,
  "integration/route": 110,
  "integration/verify": 100,
  "integration/oracle-shared": 48,
  "integration/installed-package": 140,
  "integration/whole-release": 60,
  "integration/jobs": 40,
  "integration/stores": 32,
  "integration/stateful": 62,
  "integration/providers": 45,
  "integration/new-system": 65,
  "integration/eduaiia": 80,
  "integration/remote-backend": 80,
  "integration/protected": 50,
  "integration/data": 48,
  "integration/docs": 46,
  "integration/workflows": 44,
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
