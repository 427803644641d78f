// Times a look for drift over both stacks beside one plain `pulumi refresh --preview-only`, in one run.
//
//   node bench/drift.ts [rounds]        default 5; needs a machine that `./tandem setup` has prepared
//
// It ends with exit code 1 where the look is beyond the limit of limits.ts.
import { type Outcome, TestProject } from "../tests/support/project.ts";
import { DRIFT_CASES, slowLooks } from "./limits.ts";
import { figure, writeResult } from "./results.ts";

async function seconds(run: Promise<Outcome>): Promise<number> {
  const outcome = await run;
  if (outcome.exitCode !== 0) throw new Error(outcome.output);
  return outcome.seconds;
}

const rounds = Number(process.argv[2] ?? 5);
const project = await TestProject.create();
try {
  for (const stack of ["staging", "production"]) await seconds(project.tandem(["up", stack, "--yes"]));
  const cases = [
    {
      name: DRIFT_CASES.refresh,
      run: () => project.pulumi(["refresh", "--preview-only", "--stack", "staging"]),
    },
    { name: DRIFT_CASES.drift, run: () => project.tandem(["drift"]) },
  ].map((one) => ({ ...one, took: [] as number[] }));
  for (let round = -1; round < rounds; round++) {
    for (const { run, took } of cases) {
      const time = await seconds(run());
      // The first round fills caches.
      if (round >= 0) took.push(time);
    }
  }
  const figures = cases.map(({ name, took }) => figure(name, took));
  for (const problem of slowLooks({ figures })) {
    process.stderr.write(`${problem}\n`);
    process.exitCode = 1;
  }
  writeResult("drift", { title: "Drift", rounds, base: DRIFT_CASES.refresh, figures });
} finally {
  await project.remove();
}
