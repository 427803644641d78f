// `tandem ci`: what the steps of GitHub's workflows run. The scripts lie in ops/ci; what speaks with GitHub's API is a process of
// its own, since only that one is handed the workflow's token.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { launcher } from "../../lib/launcher.ts";
import { packageRoot } from "../../setup/paths.ts";
import { UserError } from "../engine/errors.ts";
import { projectRoot } from "../engine/project-root.ts";
import type { DriftReport } from "../inspect/drift/render.ts";
import { GitHub } from "../inspect/github/client.ts";
import { putComment } from "../inspect/github/comment.ts";
import { settleIssue } from "../inspect/github/drift-issue.ts";
import type { AddCommand } from "./command-line.ts";

/** Steps that are scripts, and what each takes. */
const SCRIPTS: Readonly<Record<string, string>> = {
  deploy: "ACTION STACK VERSION [FLAGS…]",
  "preview-report": "PULL_REQUEST [FLAGS…]",
  "drift-issues": "[FLAGS…]",
  "commit-stack-files": "MESSAGE",
};

/** A variable or secret that the repository lacks comes as an empty text, which the engine would take for a value. */
const MAY_BE_EMPTY = ["PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE"];

/** Steps of the scripts themselves: a report in a file goes to GitHub. */
const REPORTS: Readonly<Record<string, (...args: string[]) => Promise<void>>> = {
  "put-comment": (number = "", file = "") =>
    putComment(new GitHub(), Number(number), readFileSync(file, "utf8")),
  "put-issues": async (file = "") => {
    const github = new GitHub();
    const { reports } = JSON.parse(readFileSync(file, "utf8")) as { reports: DriftReport[] };
    for (const report of reports) await settleIssue(github, report);
  },
};

/**
 * Runs a step, at the root of the repository.
 *
 * @returns its exit code
 * @throws UserError for a step that there isn't
 */
export async function runStep(step: string, args: readonly string[]): Promise<number> {
  const report = Object.hasOwn(REPORTS, step) ? REPORTS[step] : undefined;
  if (report !== undefined) {
    await report(...args);
    return 0;
  }
  if (!Object.hasOwn(SCRIPTS, step)) {
    const known = Object.entries(SCRIPTS).map(([name, takes]) => `${name} ${takes}`);
    throw new UserError(`there is no step "${step}"`, `steps: ${known.join("; ")}`, 2);
  }
  const empty = MAY_BE_EMPTY.filter((name) => process.env[name] === "");
  const script = join(packageRoot, "ops/ci", `${step}.sh`);
  const { exitCode } = await execa("bash", [script, ...args], {
    cwd: projectRoot(),
    env: { TANDEM: launcher(), ...Object.fromEntries(empty.map((name) => [name, undefined])) },
    stdio: "inherit",
    reject: false,
  });
  return exitCode ?? 1;
}

/** Adds the command. */
export const command: AddCommand = (program) =>
  program
    .command("ci", { hidden: true })
    .description("run what a step of GitHub's workflows runs: docs/workflows.md")
    .argument("<step>")
    .argument("[args...]")
    // They are the step's, flags too.
    .passThroughOptions()
    .allowUnknownOption()
    .action(async (step: string, args: string[]) => {
      process.exitCode = await runStep(step, args);
    });
