// The engine killed at any step of a deploy, under load: the old version serves on, nobody's request fails, and one more
// `up` brings the new version.
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { recordSoak } from "../../bench/soak.ts";
import { AppVersions } from "../support/app-versions.ts";
import { addressOf, expectCleanRefresh, expectConverged } from "../support/converged.ts";
import { operationsIn, runAndStrike } from "../support/killer.ts";
import { failuresByReason, Load } from "../support/load.ts";
import { SOAK } from "../support/long-form.ts";
import { TestProject } from "../support/project.ts";
import { ask } from "../support/requests.ts";

const ROUNDS = SOAK ? 20 : 1;
/** The rounds that are run, the first is 1: `TANDEM_ROUNDS=1-7` runs some of them, since all twenty take long. */
const [FIRST = 1, LAST = ROUNDS] = (process.env.TANDEM_ROUNDS ?? "").split("-").filter(Boolean).map(Number);

let project: TestProject;
let versions: AppVersions;
let load: Load;
/** The steps of such a deploy, each at its beginning and at its end. */
let steps: string[];
let rows: string;
/** Where each engine was killed. */
const struckAt: string[] = [];
const total = { answered: 0, failed: 0 };
/** Rounds that came to an end, and those of them after which all was as it must be. */
let ended = 0;
let whole = 0;

/** A deploy of a new image: its migration runs, every app container is replaced, and the route changes. */
async function changeApp(version: number): Promise<void> {
  const memory = version % 2 === 1 ? "576m" : "544m";
  project.configure("staging", {
    image: await versions.make(`v${version}`),
    banner: `version ${version}`,
    replicas: 2,
    limits: { app: { cpus: 1, memory, pids: 200 } },
    watchSeconds: 2,
  });
}

beforeAll(async () => {
  project = await TestProject.create();
  versions = new AppVersions(project.name);
  await changeApp(0);
  const first = await project.tandem(["up", "staging"]);
  if (first.exitCode !== 0) throw new Error(first.output);
  for (const text of ["one", "two", "three"]) await ask(...addressOf(project), "/api/notes", { text });
  rows = (await ask(...addressOf(project), "/api/notes")).text;

  await changeApp(1);
  const rehearsal = await project.tandem(["up", "staging"]);
  if (rehearsal.exitCode !== 0) throw new Error(rehearsal.output);
  steps = operationsIn(rehearsal.output);
  if (steps.length < 16) throw new Error(`too few steps to be killed at: ${steps.join("\n")}`);

  const { hostPort, hostname } = project.config("staging");
  load = new Load({
    ...{ port: Number(hostPort), host: String(hostname), perSecond: 50, slowMs: 300, connections: 40 },
    ...{ uploadEverySeconds: 2, uploadBytes: 2 ** 20 },
  });
  load.start();
});

afterAll(async () => {
  await load?.stop();
  await project?.remove();
  await versions?.remove();
});

afterEach(() => {
  const report = load.take();
  total.answered += report.answered;
  total.failed += report.failures.length;
  if (SOAK && ended < struckAt.length) {
    ended = struckAt.length;
    record();
  }
  expect(report.answered).toBeGreaterThan(20);
  expect(failuresByReason(report)).toEqual({});
});

describe("a deploy under load, its engine killed", () => {
  /** Version that the last round left. */
  let serving = 1;

  it.each(
    Array.from({ length: LAST - FIRST + 1 }, (_, index) => FIRST + index),
  )("in round %i: the old version serves on, and one more up converges", async (round) => {
    // How many lines tell of what goes on at the same time differs from run to run: the last few may never come.
    const number = 1 + Math.floor(((round - 0.5) * (steps.length - 4)) / ROUNDS);
    const next = serving + 1;
    await changeApp(next);
    const run = await runAndStrike(
      ...project.commandLine(["up", "staging"]),
      { operations: number, delayMs: 0 },
      { cwd: project.folder, env: { ...process.env, ...project.environment() } },
    );
    expect(run.struck, `step ${number}, ${steps[number - 1]}: ${run.output}`).toBe(true);
    struckAt.push(`${number} of ${steps.length}`);
    // Whichever version it is: one serves, whole.
    const page = await ask(...addressOf(project), "/");
    expect(page.text).toMatch(new RegExp(`version (${serving}|${next})\\b`));
    await expectConverged(project);
    expect((await ask(...addressOf(project), "/")).text).toContain(`version ${next}`);
    expect((await ask(...addressOf(project), "/api/notes")).text).toBe(rows);
    serving = next;
    whole++;
  });

  it("in the end, the world is as the state says", () => expectCleanRefresh(project));
});

/** What came of the rounds so far: kept after each, since all of them take long. */
function record(): void {
  const last = FIRST + ended - 1;
  recordSoak(`engine killed at steps of a deploy, rounds ${FIRST}-${LAST}`, {
    what: `rounds ${FIRST} to ${last} of ${ROUNDS}, each with the engine and all below it killed (SIGKILL) amid a deploy of The Oracle under 50 requests a second, then one more \`up\``,
    passed: ended === LAST - FIRST + 1 && whole === ended && total.failed === 0,
    findings: {
      "killed at the beginning or end of step": struckAt.join(", "),
      requests: `${total.answered} answered, ${total.failed} failed`,
      "rounds after which one `up` converged, with no change left, nothing left over, and rows unchanged": `${whole} of ${ended}`,
    },
  });
}
