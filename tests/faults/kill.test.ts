// kill -9 of everything that an `up` has running, at moments all over it: one more `up` and all is well.
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { docker } from "../support/docker.ts";
import { runAndKill, seeded } from "../support/killer.ts";
import { ROOT, TestProject } from "../support/project.ts";
import { ask } from "../support/requests.ts";

const ROUNDS = process.env.TANDEM_SOAK === undefined ? 10 : 50;
/** Lines about operations in a first `up` and in the updates below, so that the moments lie all over them. */
const LINES = { first: 105, update: 34 };
const seed = Number(process.env.TANDEM_SEED ?? 20261121);
const random = seeded(seed);

function moments(lines: number): { operations: number; delayMs: number }[] {
  return Array.from({ length: ROUNDS }, (_, round) => ({
    operations: 1 + Math.floor((round * lines) / ROUNDS),
    delayMs: Math.floor(random() * 150),
  }));
}

async function killedUp(project: TestProject, moment: { operations: number; delayMs: number }) {
  return await runAndKill(join(ROOT, "tandem"), ["--project", project.folder, "up", "staging", "--yes"], {
    cwd: project.folder,
    env: { ...process.env, ...project.environment() },
    ...moment,
  });
}

/** What the state knows and what stands on the host: both by the name of the kind. */
async function inventory(project: TestProject) {
  const exported = await project.pulumi(["stack", "export", "--stack", "staging"]);
  expect(exported.exitCode, exported.output).toBe(0);
  const { deployment } = JSON.parse(exported.output) as {
    deployment: { resources: { type: string; id: string }[]; pending_operations?: unknown[] };
  };
  const ids = (type: string) =>
    deployment.resources
      .filter((resource) => resource.type === type)
      .map((resource) => resource.id)
      .sort();
  const filters = JSON.stringify({ label: [`tandem.system=${project.name}`] });
  const containers = await docker.listContainers({ all: true, filters });
  const networks = await docker.listNetworks({ filters });
  const { Volumes } = await docker.listVolumes({ filters });
  return {
    pending: deployment.pending_operations ?? [],
    state: {
      containers: ids("docker:index/container:Container"),
      networks: ids("docker:index/network:Network"),
      volumes: ids("docker:index/volume:Volume"),
    },
    host: {
      containers: containers.map(({ Id }) => Id).sort(),
      networks: networks.map(({ Id }) => Id).sort(),
      volumes: (Volumes ?? []).map(({ Name }) => Name).sort(),
    },
  };
}

/** One more `up` must do; then nothing is left to do, nothing is left over, and the app answers. */
async function expectConverged(project: TestProject): Promise<void> {
  const up = await project.tandem(["up", "staging", "--yes"]);
  expect(up.exitCode, up.output).toBe(0);
  const preview = await project.pulumi(["preview", "--stack", "staging", "--expect-no-changes", "--diff"]);
  expect(preview.exitCode, preview.output).toBe(0);
  const found = await inventory(project);
  expect(found.host).toEqual(found.state);
  expect(found.pending).toEqual([]);
  const { hostPort, hostname } = project.config("staging");
  expect((await ask(Number(hostPort), String(hostname), "/ready")).status).toBe(200);
}

describe(`a first up, killed (seed ${seed})`, () => {
  let project: TestProject;
  afterEach(() => project.remove());

  it.each(moments(LINES.first))("at operation $operations + $delayMs ms converges", async (moment) => {
    project = await TestProject.create();
    const run = await killedUp(project, moment);
    expect(run.killed, `it had ended with ${run.exitCode} before the moment came`).toBe(true);
    await expectConverged(project);
  });
});

describe(`an update, killed (seed ${seed})`, () => {
  let project: TestProject;
  let rows: string;
  let address: [number, string];

  beforeAll(async () => {
    project = await TestProject.create();
    const up = await project.tandem(["up", "staging", "--yes"]);
    if (up.exitCode !== 0) throw new Error(up.output);
    const { hostPort, hostname } = project.config("staging");
    address = [Number(hostPort), String(hostname)];
    for (const text of ["one", "two", "three"]) await ask(...address, "/api/notes", { text });
    rows = (await ask(...address, "/api/notes")).text;
  });

  afterAll(() => project.remove());

  it.each(
    moments(LINES.update).map((moment, round) => ({ ...moment, round })),
  )("at operation $operations + $delayMs ms converges and keeps every row", async ({ round, ...moment }) => {
    const odd = round % 2 === 1;
    const app = { cpus: 1, memory: odd ? "576m" : "544m", pids: 200 };
    const postgres = { cpus: 1, memory: odd ? "448m" : "384m", pids: 200 };
    project.configure("staging", {
      banner: `round ${round}`,
      noindex: odd,
      replicas: odd ? 2 : 1,
      limits: { app, postgres },
    });
    const run = await killedUp(project, moment);
    expect(run.killed || run.exitCode === 0, run.output).toBe(true);
    await expectConverged(project);
    expect((await ask(...address, "/api/notes")).text).toBe(rows);
    expect((await ask(...address, "/")).text).toContain(`round ${round}`);
  });
});
