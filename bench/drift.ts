// Times a look for drift over both stacks beside one plain `pulumi refresh --preview-only`, in one run.
//
//   node bench/drift.ts [rounds]        default 5; needs a machine that `./tandem setup` has prepared
import { type Outcome, TestProject } from "../tests/support/project.ts";
import { figure, writeResult } from "./results.ts";

const BASE = "pulumi refresh --preview-only of staging";

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
    { name: BASE, run: () => project.pulumi(["refresh", "--preview-only", "--stack", "staging"]) },
    { name: "./tandem drift of both", run: () => project.tandem(["drift"]) },
  ].map((one) => ({ ...one, took: [] as number[] }));
  for (let round = -1; round < rounds; round++) {
    for (const { run, took } of cases) {
      const time = await seconds(run());
      // The first round fills caches.
      if (round >= 0) took.push(time);
    }
  }
  writeResult("drift", {
    title: "Drift",
    rounds,
    base: BASE,
    figures: cases.map(({ name, took }) => figure(name, took)),
  });
} finally {
  await project.remove();
}
