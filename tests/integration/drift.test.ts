// Drift on a running pair: over 40 kinds of change made by hand, each found and sorted right; no false alarm; what is safe
// is fixed and nothing else. The daemon of a machine that runs tests can't be restarted: its containers are, all at once.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DriftReport } from "../../ops/inspect/drift/render.ts";
import { GitHubEmulator } from "../emulators/github.ts";
import { docker, removeLabelled } from "../support/docker.ts";
import { dockerOk } from "../support/docker-cli.ts";
import { expectFound, expectNoDrift, drift as runDrift } from "../support/drift-runs.ts";
import {
  appContainer,
  dataChanges,
  frozenChanges,
  type HandMade,
  loudChanges,
  type Site,
  STRANGER,
} from "../support/hand-made.ts";
import { hostChanges } from "../support/hand-made-host.ts";
import { fileChanges, postgresChanges } from "../support/hand-made-inside.ts";
import { long, SOAK } from "../support/long-form.ts";
import { type Outcome, ROOT, TestProject } from "../support/project.ts";
import { ask, eventually } from "../support/requests.ts";
import { containerOf, snapshot } from "../support/snapshot.ts";

/** Runs against stacks that nobody touched. */
const ROUNDS = SOAK ? 50 : 1;

let project: TestProject;
let image: string;
const site = (environment: string) => ({ system: project.name, environment, image });

const drift = (...args: string[]) => runDrift(project, args);
const clean = () => expectNoDrift(project, ["staging", "production"]);

async function ok(run: Promise<Outcome>): Promise<Outcome> {
  const outcome = await run;
  expect(outcome.exitCode, outcome.output).toBe(0);
  return outcome;
}

/** Makes the changes and expects each to be found and sorted right, and nothing besides but what follows from them. */
async function found(
  stack: string,
  changes: readonly HandMade[],
  following: readonly string[] = [],
): Promise<DriftReport> {
  for (const { make } of changes) await make();
  const { exitCode, reports } = await drift(stack);
  expect(exitCode).toBe(2);
  return expectFound(reports[0], changes, following);
}

/** Changes beside and inside containers that go on running. */
function quietChanges(where: Site, app: string): HandMade[] {
  return [...hostChanges(where, app), ...postgresChanges(where), ...fileChanges(where)];
}

/** A snapshot without the times at which a gateway was started and got its files back. */
async function besideGateway(stack: string): Promise<Record<string, string>> {
  const facts = await snapshot(project.name, stack);
  const gateway = `${project.name}_${stack}_gateway`;
  for (const name of [`container /${gateway}`, `volume ${gateway}_config`]) {
    expect(facts).toHaveProperty([name]);
    delete facts[name];
  }
  return facts;
}

async function undo(changes: readonly HandMade[]): Promise<void> {
  for (const change of changes.toReversed()) await change.undo?.();
}

beforeAll(async () => {
  project = await TestProject.create();
  image = `${project.name}:dev`;
  await dockerOk(["build", "-q", "-t", image, "-"], "FROM tandem-example:0.1.0\nLABEL test.revision=one\n");
  project.configure("staging", { image, watchSeconds: 0 });
  await ok(project.tandem(["up", "staging", "--yes"]));
  await ok(project.tandem(["up", "production", "--yes"]));
});

afterAll(async () => {
  await removeLabelled(STRANGER);
  await project.remove();
  await docker
    .getImage(image)
    .remove({ force: true })
    .catch(() => undefined);
});

describe("stacks that nobody touched", () => {
  it(`give no false alarm right after up, in ${ROUNDS} runs`, async () => {
    for (let round = 0; round < ROUNDS; round++) await clean();
  });

  long("give none after all containers were restarted", async () => {
    const filters = JSON.stringify({ label: [`tandem.system=${project.name}`] });
    const containers = await docker.listContainers({ filters });
    await execa("docker", ["restart", "-t", "10", ...containers.map(({ Id }) => Id)]);
    const states = async () =>
      await Promise.all(
        containers.map(
          async ({ Id }) => (await docker.getContainer(Id).inspect()).State.Health?.Status ?? "healthy",
        ),
      );
    // Docker asks every 10 s, and the first answer may come too early.
    await eventually(states, (all) => all.every((status) => status === "healthy"), 90);
    await clean();
  });
});

describe("changes made by hand", () => {
  it("are over 40 kinds", () => {
    const here = site("staging");
    const all = [
      quietChanges(here, "app"),
      loudChanges(here, "app"),
      frozenChanges(here, "app"),
      dataChanges(here),
    ];
    expect(all.flat().length).toBeGreaterThanOrEqual(40);
  });

  it("beside and inside running containers are found; nothing is fixed while the program itself has changed", async () => {
    const untouched = await snapshot(project.name, "production");
    const changes = quietChanges(site("staging"), await appContainer(site("staging")));
    const report = await found("staging", changes);
    const before = await snapshot(project.name, "staging");
    const refused = await project.tandem(["drift", "staging", "--fix"]);
    expect(refused.exitCode).toBe(2);
    expect(refused.output).toMatch(/nothing was fixed: the program has changes that are not deployed/);
    expect(refused.output).toContain("docker volume rm");
    expect(refused.output).not.toContain("docker rm -f");
    expect(await snapshot(project.name, "staging")).toEqual(before);
    await undo(changes);

    const again = (await drift("staging")).reports[0]?.drifts ?? [];
    const safe = new Set(changes.filter((change) => change.undo === undefined).map(({ subject }) => subject));
    expect(new Set(again.map(({ subject }) => subject))).toEqual(safe);
    for (const { subject, firstSeen } of again) {
      // Since the first of the runs that saw it.
      expect(firstSeen).toBe(report.drifts.find((one) => one.subject === subject)?.firstSeen);
    }
    expect(await snapshot(project.name, "production")).toEqual(untouched);
  });

  it("that are safe are fixed, whatever is left over, and nothing else changes", async () => {
    const untouched = await snapshot(project.name, "production");
    const label = [`tandem.system=${project.name}`, "tandem.environment=staging"];
    const left = `stranger-${project.name}-kept`;
    await dockerOk(["volume", "create", ...label.flatMap((one) => ["--label", one]), left]);
    const gateway = await containerOf(project.name, "staging", "gateway");
    const before = await besideGateway("staging");
    const fixed = await project.tandem(["drift", "staging", "--fix"]);
    expect(fixed, fixed.output).toMatchObject({ exitCode: 2, output: expect.stringContaining(left) });
    expect(fixed.output).toContain("staging 1 drifted");
    expect(await besideGateway("staging")).toEqual(before);
    // It got its files back while it served.
    expect(await containerOf(project.name, "staging", "gateway")).toBe(gateway);
    await dockerOk(["volume", "rm", left]);
    expect(await snapshot(project.name, "production")).toEqual(untouched);
    await ok(project.tandem(["preview", "staging", "--expect-no-changes"]));
  });

  it("that freeze a container or cut it off are found", async () => {
    const changes = frozenChanges(site("staging"), await appContainer(site("staging")));
    await found("staging", changes);
    await undo(changes);
  });

  it("that stop or remove containers are fixed", async () => {
    const { hostPort, hostname } = project.config("staging");
    const rows = async () => (await ask(Number(hostPort), String(hostname), "/api/notes")).text;
    await ask(Number(hostPort), String(hostname), "/api/notes", { text: "a row that must stay" });
    const before = await rows();
    expect(before).toContain("a row that must stay");
    const changes = loudChanges(site("staging"), await appContainer(site("staging")));
    await found("staging", changes, ["route app"]);
    await ok(project.tandem(["drift", "staging", "--fix"]));
    expect(await rows()).toBe(before);
    await clean();
  });

  long("are not mixed up with a change of the program that waits", async () => {
    const banner = project.config("staging").banner;
    project.configure("staging", { banner: "NOT YET DEPLOYED" });
    await dockerOk(["update", "--pids-limit", "999", `${project.name}_staging_postgres`]);
    const refused = await project.tandem(["drift", "staging", "--fix"]);
    expect(refused).toMatchObject({
      exitCode: 2,
      output: expect.stringContaining("changes that are not deployed"),
    });
    project.configure("staging", { banner });
    await ok(project.tandem(["drift", "staging", "--fix"]));
  });

  it("to data are never fixed, though what is safe beside them is; the report goes into an issue", async () => {
    await found("production", dataChanges(site("production")), [
      `container ${project.name}_production_redis`,
      ...grantsOfReadonly,
    ]);
    const before = await besideGateway("production");
    const untouched = await snapshot(project.name, "staging");
    // What is safe beside it is fixed all the same, and nothing else is touched.
    const gateway = `${project.name}_production_gateway`;
    await dockerOk(["stop", "-t", "5", gateway]);
    const refused = await project.tandem(["drift", "production", "--fix"]);
    expect(refused.exitCode, refused.output).toBe(2);
    // What a person does about it.
    for (const subject of ["extension vector", `volume ${project.name}_production_redisdata`]) {
      expect(refused.output).toMatch(new RegExp(`  ${subject}: restore it from a restore point or backup`));
    }
    expect((await docker.getContainer(gateway).inspect()).State.Running).toBe(true);
    expect(await besideGateway("production")).toEqual(before);
    expect(await snapshot(project.name, "staging")).toEqual(untouched);
    const { output, exitCode } = await project.tandem(["drift", "production", "--markdown"]);
    expect(exitCode).toBe(2);
    expect(output).toContain(`<!-- tandem-drift:${project.name}/production -->`);
    expect(output).toMatch(/\| data at risk \| `volume .*redisdata` \| is gone \|/);
    const history = readFileSync(
      join(project.home, "history", project.name, "production", "drift.json"),
      "utf8",
    );
    expect((JSON.parse(history) as { runs: unknown[] }).runs.length).toBeGreaterThan(ROUNDS);
  });

  it("are kept as one issue per stack, by the workflow's own script", async () => {
    const github = await GitHubEmulator.start();
    try {
      const args = ["ci", "drift-issues", "--project", project.folder];
      const env = { ...project.environment(), ...github.variables };
      for (let round = 0; round < 2; round++) {
        const { exitCode, all } = await execa(join(ROOT, "tandem"), args, {
          ...{ env, all: true, reject: false, stdin: "ignore" },
        });
        expect(exitCode, all).toBe(0);
      }
      expect(github.issues.map(({ title, state }) => [title, state])).toEqual([
        [`Drift: production of ${project.name}`, "open"],
      ]);
      expect(github.issues[0]?.body).toContain("data at risk");
    } finally {
      await github.stop();
    }
  });

  it("can't be told of a stack that isn't up: that is an error and no drift", async () => {
    const outcome = await project.tandem(["drift", "nowhere"]);
    expect(outcome).toMatchObject({ exitCode: 1, output: expect.stringContaining('no stack "nowhere"') });
  });
});

/** What a login had goes with it. */
const grantsOfReadonly = [
  "grant postgres-connect-readonly",
  "grant postgres-schema-readonly",
  "defaultprivileges postgres-readonly-tables",
  "defaultprivileges postgres-readonly-sequences",
];
