// The commands of `tandem` that look at environments and tell what they found; cli.ts has those that change something.
import { type Command, InvalidArgumentError } from "commander";

/** What the commands share with the others. */
interface Common {
  /** Options of a command together with those before it. */
  merged<T extends object>(options: T): T & { project?: string };
  waitOption: readonly [flags: string, description: string, parse: (text: string) => number, value: number];
}

function factor(text: string): number {
  const number = Number(text);
  if (!(number >= 1)) throw new InvalidArgumentError("give a number, 1 or more");
  return number;
}

/** Adds them. */
export function addReportCommands(program: Command, { merged, waitOption }: Common): void {
  program
    .command("parity")
    .description("compare two environments as they resolve; exit code 2 if anything differs that may not")
    .argument("[one]", "environment", "staging")
    .argument("[other]", "environment", "production")
    .option("--json", "as a JSON document")
    .option(...waitOption)
    .action(async (one: string, other: string, options: { wait: number }) => {
      process.exitCode = await (await import("./commands/parity.ts")).parity(one, other, merged(options));
    });

  program
    .command("report")
    .description("write one page on two environments: how they are, what differs, what wants attention")
    .argument("[one]", "environment", "staging")
    .argument("[other]", "environment", "production")
    .option("--out <file>", "file to write, - for standard output (default: report-<project>.html here)")
    .option("--json", "as a JSON document, on standard output unless --out is given")
    .option(...waitOption)
    .action(async (one: string, other: string, options: { wait: number }) =>
      (await import("./commands/report.ts")).report(one, other, merged(options)),
    );

  program
    .command("verify")
    .description(
      "prove on the running system that environments can't reach each other; exit code 2 if one can",
    )
    .argument("[stacks...]", "environments (default: all)")
    .option("--json", "as a JSON document")
    .action(async (stacks: string[], options: { json?: boolean }) => {
      process.exitCode = await (await import("./commands/verify.ts")).verify(stacks, merged(options));
    });

  program
    .command("checklist")
    .description("try whether an environment works, item by item; exit code 2 if one fails")
    .argument("[stack]", "environment", "staging")
    .option("--json", "as a JSON document")
    .action(async (stack: string, options: { json?: boolean }) => {
      process.exitCode = await (await import("./commands/checklist.ts")).checklist(stack, merged(options));
    });

  program
    .command("performance")
    .description("measure two environments in turns; exit code 2 if they are not equally fast")
    .argument("[one]", "environment", "staging")
    .argument("[other]", "environment", "production")
    .option("--within <factor>", "how many times the smaller value the greater one may be", factor, 2)
    .option("--json", "as a JSON document")
    .action(async (one: string, other: string, options: { within: number; json?: boolean }) => {
      const { performanceOf } = await import("./commands/performance.ts");
      process.exitCode = await performanceOf(one, other, merged(options));
    });

  program
    .command("cost")
    .description("show what each environment costs a month, from what runs and the system's price table")
    .argument("[stacks...]", "environments (default: all)")
    .option("--json", "as a JSON document")
    .action(async (stacks: string[], options: { json?: boolean }) =>
      (await import("./commands/cost.ts")).cost(stacks, merged(options)),
    );
}
