// The table of docs/guards.md, made from the cases that the tests run: `node infra/check/testing-guards.ts` prints it.
import { type GuardCase, guardCases } from "./guard-cases.ts";

/** One row per case: what is refused, as what, and the command that fixes it. */
export function guardTable(cases: readonly GuardCase[]): string {
  const rows = cases.map(
    ({ system, stack, what, kind, fix }) => `| ${system} ${stack} | ${what} | \`${kind}\` | \`${fix}\` |`,
  );
  return ["| where | what | refused as | fixed by `./tandem config …` |", "|---|---|---|---|", ...rows].join(
    "\n",
  );
}

if (import.meta.main) process.stdout.write(`${guardTable(guardCases)}\n`);
