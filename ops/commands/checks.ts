// The parts of `tandem test`: linters and type checks count as one check each, test runners count their tests.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { packageRoot } from "../../setup/paths.ts";
import { type SystemRow, systemFolders, systemRows } from "./system-rows.ts";
import { type ReportedFile, type TestFailure, testFailures } from "./test-failures.ts";

/** How many checks passed, failed and were skipped. */
export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
  /** What the tests showed of the systems' tables. */
  rows?: readonly SystemRow[];
  /** What failed, and why; `failed` counts more where a runner died without naming a test. */
  failures?: readonly TestFailure[];
}

/** Folder of the example app: a package of its own. */
export const appFolder = join(packageRoot, "examples", "app");

/** Sum of tallies. */
export function sum(tallies: readonly Tally[]): Required<Tally> {
  return tallies.reduce<Required<Tally>>(
    (total, { passed, failed, skipped, rows = [], failures = [] }) => ({
      passed: total.passed + passed,
      failed: total.failed + failed,
      skipped: total.skipped + skipped,
      rows: [...total.rows, ...rows],
      failures: [...total.failures, ...failures],
    }),
    { passed: 0, failed: 0, skipped: 0, rows: [], failures: [] },
  );
}

/** Everything runs on the Node that runs this. */
function environment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const path = `${dirname(process.execPath)}:${process.env.PATH ?? ""}`;
  return { ...process.env, PATH: path, ...extra };
}

/** Runs a command that passes or fails as a whole; its output is shown where it fails. */
export async function check(
  name: string,
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: Readonly<Record<string, string>> } = {},
): Promise<Tally> {
  const begin = Date.now();
  const result = await execa(command, args, {
    all: true,
    reject: false,
    stdin: "ignore",
    cwd: options.cwd ?? packageRoot,
    env: environment(options.env),
  });
  const seconds = ((Date.now() - begin) / 1000).toFixed(1);
  process.stdout.write(`${result.failed ? "✗" : "✓"} ${name} (${seconds} s)\n`);
  if (!result.failed) return { passed: 1, failed: 0, skipped: 0 };
  const message = result.all || result.shortMessage || "";
  process.stdout.write(`${message}\n`);
  return { passed: 0, failed: 1, skipped: 0, failures: [{ name, message }] };
}

interface VitestReport {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  success: boolean;
  testResults: ReportedFile[];
}

/** Counts a vitest report. A file that fails before its tests are known counts as one failure. */
export function tallyOf(report: VitestReport, root: string = packageRoot): Tally {
  const broken = report.testResults.filter(
    ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
  ).length;
  return {
    passed: report.numPassedTests,
    // An error outside tests and files, such as an unhandled rejection, fails the run without a failed test.
    failed: Math.max(report.numFailedTests + broken, report.success ? 0 : 1),
    skipped: report.numPendingTests + report.numTodoTests,
    rows: systemRows(
      report.testResults.flatMap(({ assertionResults }) => assertionResults),
      systemFolders(),
    ),
    failures: testFailures(report.testResults, root),
  };
}

/** Runs vitest with its usual output, and counts. */
export async function vitest(
  args: readonly string[],
  options: { cwd?: string; env?: Readonly<Record<string, string>> } = {},
): Promise<Tally> {
  const cwd = options.cwd ?? packageRoot;
  const folder = mkdtempSync(join(tmpdir(), "tandem-test-"));
  const report = join(folder, "report.json");
  try {
    const result = await execa(
      process.execPath,
      [
        join(cwd, "node_modules/vitest/vitest.mjs"),
        ...["run", "--reporter=default", "--reporter=json"],
        ...[`--outputFile.json=${report}`, ...args],
      ],
      { stdio: ["ignore", "inherit", "inherit"], reject: false, cwd, env: environment(options.env) },
    );
    const tally = readTally(report, cwd);
    // A runner that dies must not count as a run without failures.
    const failed = result.failed ? Math.max(tally.failed, 1) : tally.failed;
    if (failed === 0 || (tally.failures ?? []).length > 0) return { ...tally, failed };
    const message = `no test failed, but the run did (${result.shortMessage ?? "see its output above"})`;
    return { ...tally, failed, failures: [{ name: `vitest ${args.join(" ")}`, message }] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readTally(report: string, root: string): Tally {
  try {
    return tallyOf(JSON.parse(readFileSync(report, "utf8")) as VitestReport, root);
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}
