// Test projects: `unit` needs nothing but Node; the others need a machine that `./tandem setup` has prepared.
import { defineConfig } from "vitest/config";
import { alone, LongestFirst } from "./tests/order.ts";

/** Files that wait for containers most of their time: two side by side keep two cores busy. */
const sideBySide = { maxWorkers: 2, sequence: { groupOrder: 1 } };

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: "unit",
          include: ["**/*.test.ts"],
          exclude: ["**/node_modules/**", "tests/**", "examples/**"],
          // Half of the time went into a process per file, which loads the same modules anew. No file changes what
          // another one sees: what each makes lies in folders of its own.
          isolate: false,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: "integration",
          include: ["tests/integration/**/*.test.ts"],
          exclude: alone,
          testTimeout: 300_000,
          hookTimeout: 600_000,
          ...sideBySide,
        },
      },
      {
        test: {
          name: "integration-alone",
          include: alone,
          testTimeout: 300_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "attacks",
          include: ["tests/attacks/**/*.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 900_000,
          ...sideBySide,
        },
      },
      {
        test: {
          name: "faults",
          include: ["tests/faults/**/*.test.ts"],
          testTimeout: 900_000,
          hookTimeout: 600_000,
          ...sideBySide,
        },
      },
    ],
  },
});
