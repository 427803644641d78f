// A runner of GitHub's, as far as a job's commands need one: its variables, the steps in order, the page of the job's summary.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { execa } from "execa";
import { applies, type Contexts, evaluateAll, type Job, preparation, type Step } from "./workflows.ts";

/** How a job of a workflow ended. */
export interface JobOutcome {
  exitCode: number;
  output: string;
  /** What it wrote for the job's page. */
  summary: string;
}

/** The steps of the repository's own actions instead of their call. */
function expanded(steps: readonly Step[], folder: string): Step[] {
  return steps.flatMap((step) =>
    step.uses?.startsWith("./.github/actions/") ? preparation(basename(step.uses), folder) : [step],
  );
}

/**
 * Runs the commands of a job's steps as a runner does, up to the first that fails; actions of others are left out.
 *
 * @param folder the checkout
 * @param variables what the machine has set; undefined for what it must not hand on
 */
export async function runJob(
  job: Job,
  contexts: Contexts,
  folder: string,
  variables: Readonly<Record<string, string | undefined>>,
): Promise<JobOutcome> {
  const place = mkdtempSync(join(tmpdir(), "tandem-runner-"));
  const page = join(place, "summary.md");
  writeFileSync(page, "");
  const runner = { CI: "true", GITHUB_ACTOR: "ann", GITHUB_STEP_SUMMARY: page };
  let output = "";
  let exitCode = 0;
  try {
    for (const step of expanded(job.steps ?? [], folder)) {
      if (step.run === undefined || exitCode !== 0 || !applies(step.if, contexts)) continue;
      const env = { ...evaluateAll(job.env, contexts), ...evaluateAll(step.env, contexts) };
      const result = await execa("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", step.run], {
        cwd: folder,
        env: { ...variables, ...runner, ...env },
        reject: false,
        all: true,
        stdin: "ignore",
      });
      output += result.all;
      exitCode = result.exitCode ?? 1;
    }
    return { exitCode, output, summary: readFileSync(page, "utf8") };
  } finally {
    rmSync(place, { recursive: true });
  }
}
