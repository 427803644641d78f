// `tandem parity`: whether two stacks are the same but for what may differ.
import pc from "picocolors";
import type { StackOptions } from "../deploy/open-stack.ts";
import { endingWith } from "../engine/errors.ts";
import { renderTable } from "../engine/table.ts";
import { type Comparison, compareStacks, type Difference } from "../inspect/parity/compare.ts";
import { resolveStack } from "../inspect/parity/resolved.ts";
import { type AddCommand, giveWayUnasked, waitOption } from "./command-line.ts";

/** Options of the command. */
export interface ParityOptions extends StackOptions {
  /** Print a JSON document instead of tables. */
  json?: boolean;
}

/** Exit codes of the command. */
export const parityCodes = { same: 0, error: 1, differs: 2 } as const;

/** Longest value in a table. */
const WIDTH = 44;

function shown(value: string | undefined): string {
  if (value === undefined) return pc.dim("none");
  return value.length > WIDTH ? `${value.slice(0, WIDTH - 1)}…` : value;
}

function table(head: readonly string[], differences: readonly Difference[]): string {
  const rows = differences.map(({ kind, path, values, reason }) => [
    `  ${kind}`,
    path,
    ...values.map(shown),
    ...(reason === undefined ? [] : [reason]),
  ]);
  return renderTable(head, rows);
}

function render({ stacks, same, differences, stale }: Comparison): string {
  const wrong = differences.filter(({ reason }) => reason === undefined);
  const allowed = differences.filter(({ reason }) => reason !== undefined);
  const head = ["  kind", "what", ...stacks];
  const verdict = wrong.length === 0 ? pc.green("the same") : pc.red(`${wrong.length} must not differ`);
  return [
    `${stacks.join(" and ")}: ${verdict}, ${same} things alike, ${allowed.length} differ as they may`,
    ...(wrong.length === 0 ? [] : [pc.bold("must not differ"), table(head, wrong)]),
    ...(allowed.length === 0 ? [] : [pc.bold("may differ"), table([...head, "because"], allowed)]),
    ...stale.map((entry) => pc.yellow(`the allow-list has ${entry}, and it does not differ: take it out`)),
  ].join("\n");
}

/**
 * Runs the command.
 *
 * @returns its exit code
 * @throws UserError when a stack can't be resolved.
 */
export async function parity(one: string, other: string, options: ParityOptions): Promise<number> {
  const comparison = await endingWith(parityCodes.error, async () =>
    compareStacks(await resolveStack(one, options), await resolveStack(other, options)),
  );
  const text = options.json === true ? JSON.stringify(comparison, null, 2) : render(comparison);
  process.stdout.write(`${text}\n`);
  const differs = comparison.differences.some(({ reason }) => reason === undefined);
  return differs ? parityCodes.differs : parityCodes.same;
}

/** Adds the command. */
export const command: AddCommand = (program, merged) =>
  program
    .command("parity")
    .hook("preAction", giveWayUnasked)
    .description("compare two environments as they resolve; exit code 2 if anything differs that may not")
    .argument("[one]", "environment", "staging")
    .argument("[other]", "environment", "production")
    .option("--json", "as a JSON document")
    .option(...waitOption)
    .action(async (one: string, other: string, options: { wait: number }) => {
      process.exitCode = await parity(one, other, merged(options));
    });
