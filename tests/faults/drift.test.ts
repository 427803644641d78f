// No false alarm: a look for drift at stacks that nobody touched finds none, right after `up`, after the Docker daemon was
// restarted, and after a reboot of the host. The daemon is one of the test's own: this machine's is never touched.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { recordSoak } from "../../bench/soak.ts";
import type { DriftReport } from "../../ops/inspect/drift/render.ts";
import { appReference, catalog } from "../../setup/images/catalog.ts";
import { SOAK } from "../support/long-form.ts";
import { OwnDocker } from "../support/own-docker.ts";
import { TestProject } from "../support/project.ts";
import { ask, eventually } from "../support/requests.ts";

const STACKS = ["staging", "production"] as const;

/** What befalls the host; each must leave the stacks as they were. */
const accidents = {
  "the daemon's end by SIGKILL": () => restart("SIGKILL"),
  "a loss of power": () => own.reboot(true),
  "a restart of the daemon": () => restart("SIGTERM"),
  "a reboot in order": () => own.reboot(false),
};
type Accident = keyof typeof accidents;

/** Looks right after an `up`, and after accidents: 50 in all in the long form. */
const COUNTS = SOAK ? { looks: 30, accidents: 20 } : { looks: 1, accidents: 2 };
/** Looks that found nothing, by what they came after. */
const clean: Record<string, number> = {};

const obstacle = await OwnDocker.obstacle();
if (obstacle !== undefined)
  console.warn(`skipped, this machine can't have a second Docker daemon: ${obstacle}`);
let own: OwnDocker;
let project: TestProject;

async function restart(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
  await own.kill(signal);
  await own.run();
}

/** Waits until both answer again. */
async function bothAnswer(): Promise<void> {
  project.inside = own.inside;
  for (const stack of STACKS) {
    const { hostPort, hostname } = project.config(stack);
    const socket = await own.relay(Number(hostPort));
    await eventually(
      () => ask({ socket }, String(hostname), "/ready").catch(() => undefined),
      (answer) => answer?.status === 200,
      90,
    );
  }
}

async function expectNoDrift(after: string): Promise<void> {
  const { exitCode, output } = await project.tandem(["drift", ...STACKS, "--json"]);
  expect(output, output).toContain("{\n");
  const { reports } = JSON.parse(output.slice(output.indexOf("{\n"))) as { reports: DriftReport[] };
  const found = reports.map(({ stack, drifts }) => ({ stack, drifts }));
  expect(found).toEqual(STACKS.map((stack) => ({ stack, drifts: [] })));
  expect(exitCode, output).toBe(0);
  clean[after] = (clean[after] ?? 0) + 1;
}

beforeAll(async () => {
  if (obstacle !== undefined) return;
  own = await OwnDocker.start([...catalog.map(({ reference }) => reference), appReference()]);
  const dockerHost = own.host;
  project = await TestProject.create({ staging: { dockerHost }, production: { dockerHost } });
  project.docker = own.client;
  project.inside = own.inside;
});

afterAll(async () => {
  try {
    await project?.remove();
  } finally {
    await own?.remove();
  }
});

describe.skipIf(obstacle !== undefined)("stacks that nobody touched", () => {
  it(`show no drift right after up, in ${COUNTS.looks} looks`, async () => {
    for (const stack of STACKS) {
      const up = await project.tandem(["up", stack, "--yes"]);
      expect(up.exitCode, up.output).toBe(0);
    }
    for (let look = 0; look < COUNTS.looks; look++) await expectNoDrift("up");
  });

  const names = Object.keys(accidents) as Accident[];
  it.each(
    Array.from({ length: COUNTS.accidents }, (_, round) => names[round % names.length] as Accident),
  )("show none after %s", async (accident) => {
    await accidents[accident]();
    await bothAnswer();
    await expectNoDrift(accident);
  });

  it.runIf(SOAK)("were looked at often enough", () => {
    const looks = Object.values(clean).reduce((sum, count) => sum + count, 0);
    const all = COUNTS.looks + COUNTS.accidents;
    recordSoak("no false alarm of drift", {
      what: `${all} runs of \`tandem drift\` over staging and production of The Oracle, which nobody touched, on a Docker daemon of the test's own`,
      passed: looks === all,
      findings: Object.fromEntries(
        Object.entries(clean).map(([after, count]) => [`after ${after}`, `${count} runs without a finding`]),
      ),
    });
    expect(looks).toBe(all);
  });
});
