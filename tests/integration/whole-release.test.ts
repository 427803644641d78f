// A release of web, worker and scheduler is whole: all take over, or every route and every container is as before.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listenTo, mostAtATime } from "../support/container-events.ts";
import { docker } from "../support/docker.ts";
import { failuresByReason, Load } from "../support/load.ts";
import { long, SOAK } from "../support/long-form.ts";
import { killProgram } from "../support/processes.ts";
import { TestProgram } from "../support/program.ts";
import { freePort, type Outcome } from "../support/project.ts";
import { HOSTS, releaseProgram, type WholeRelease } from "../support/release-program.ts";
import { ask, eventually } from "../support/requests.ts";

const SERVICES = ["web", "worker", "scheduler"];
let program: TestProgram;
let ports: number[];
let load: Load;

beforeAll(async () => {
  ports = [await freePort(), await freePort()];
  program = await TestProgram.create(releaseProgram(ports, { version: "1" }));
  const up = await program.pulumi("up", "--yes", "--skip-preview");
  expect(up.exitCode, up.output).toBe(0);
  load = new Load({
    port: ports[0] ?? 0,
    host: HOSTS[0],
    perSecond: 30,
    connections: 60,
    uploadEverySeconds: 1e6,
  });
  load.start();
});
afterAll(async () => {
  await load?.stop();
  await program?.remove();
});

/** Who answers at each route. */
const versions = () =>
  Promise.all(
    HOSTS.map(
      async (host, index) => (await ask(ports[index] ?? 0, host, "/version")).json?.version as string,
    ),
  );

/** Ids of the containers that run, by service. */
async function running(): Promise<Record<string, string[]>> {
  const label = [`tandem.system=${program.system}`];
  const all = await docker.listContainers({ filters: JSON.stringify({ label }) });
  const of = (service: string) =>
    all.filter(({ Labels }) => Labels["tandem.component"] === service).map(({ Id }) => Id);
  return Object.fromEntries(SERVICES.map((service) => [service, of(service)]));
}

async function deploy(release: WholeRelease): Promise<Outcome & { schedulers: number }> {
  program.write(releaseProgram(ports, release));
  await load.settled();
  load.take();
  const before = (await running()).scheduler;
  const heard = await listenTo(`${program.system}_dev_scheduler-`);
  const up = await program.pulumi("up", "--yes", "--skip-preview");
  await load.settled();
  return { ...up, schedulers: mostAtATime(heard(), before) };
}

/** Deploys what can't work: every route and every container is as before, and the last words say so. */
async function refused(release: WholeRelease, message: RegExp): Promise<void> {
  const before = await running();
  const [serving] = await versions();
  const { exitCode, output, schedulers } = await deploy(release);
  expect(exitCode, output).not.toBe(0);
  expect(output).toMatch(message);
  expect(output).toMatch(/taken back as a whole\. Stopped: .*web.* Running: .*web.*worker.*scheduler/);
  expect(await versions()).toEqual([serving, serving]);
  expect(await running()).toEqual(before);
  expect(schedulers).toBe(1);
}

/** Deploys what works: all is new, nothing is left or to be done. */
async function accepted(version: string): Promise<void> {
  const { exitCode, output, schedulers } = await deploy({ version });
  expect(exitCode, output).toBe(0);
  await expectAll(version, output);
  expect(schedulers).toBe(1);
}

async function expectAll(version: string, output: string): Promise<void> {
  expect(await versions(), output).toEqual([version, version]);
  for (const [service, ids] of Object.entries(await running())) {
    expect([service, ids.length]).toEqual([service, 1]);
    const { Config } = await docker.getContainer(ids[0] ?? "").inspect();
    expect(Config.Env).toContain(`VERSION=${version}`);
  }
}

describe("a release", () => {
  it("B4: takes over as a whole under load, with no failed request and one scheduler at a time", async () => {
    await accepted("2");
    expect(failuresByReason(load.take())).toEqual({});
    if (!SOAK) return;
    const preview = await program.pulumi("preview", "--expect-no-changes");
    expect(preview.exitCode, preview.output).toBe(0);
  });

  it("A9: leaves all as it was where the worker ends at its start", async () => {
    await refused({ version: "bad", worker: "exit" }, /keeps ending by itself.*no queue, no work/s);
    expect(failuresByReason(load.take())).toEqual({});
  });

  it("A10: leads both routes back where the web answers with errors", async () => {
    await refused({ version: "bad", web: "errors" }, /took over and went bad: .*web.* with a server error/);
  });

  long("A9: goes back where the worker ends in the watch", async () => {
    await refused(
      { version: "bad", worker: "late-exit" },
      /took over and went bad: .*worker.* ended by itself/,
    );
    expect(failuresByReason(load.take())).toEqual({});
    await accepted("3");
  });

  it("A9: comes to its end with the next up where one is killed in the middle", async () => {
    load.take();
    const before = (await running()).scheduler ?? [];
    const heard = await listenTo(`${program.system}_dev_scheduler-`);
    await killed("4", before);
    const up = await program.pulumi("up", "--yes", "--skip-preview");
    expect(up.exitCode, up.output).toBe(0);
    await expectAll("4", up.output);
    expect(mostAtATime(heard(), before)).toBe(1);
    await load.settled();
    expect(failuresByReason(load.take())).toEqual({});
  });

  long("A9: goes back to the version that was completed where another one fails after a kill", async () => {
    load.take();
    const before = await running();
    const heard = await listenTo(`${program.system}_dev_scheduler-`);
    await killed("5", before.scheduler ?? []);
    program.write(releaseProgram(ports, { version: "bad", worker: "exit" }));
    const { exitCode, output } = await program.tandem("up", "dev");
    expect(exitCode, output).not.toBe(0);
    for (const route of ["web", "web-2"])
      expect(output).toMatch(new RegExp(`route ${route} is served by .*web.*, which answers`));
    for (const service of ["worker", "scheduler"])
      expect(output).toContain(`of service ${service} runs ${program.system}`);
    expect(await versions()).toEqual(["4", "4"]);
    expect(await running()).toEqual(before);
    expect(mostAtATime(heard(), before.scheduler)).toBe(1);
    await load.settled();
    expect(failuresByReason(load.take())).toEqual({});
    await accepted("6");
  });
});

/** An up that is killed when its scheduler runs: the routes are about to move, or have moved. */
async function killed(version: string, schedulers: readonly string[]): Promise<void> {
  program.write(releaseProgram(ports, { version }));
  const up = program.pulumi("up", "--yes", "--skip-preview").catch(() => undefined);
  const isNew = ({ scheduler = [] }: Record<string, string[]>) =>
    scheduler.length === 1 && scheduler[0] !== schedulers[0];
  await eventually(running, isNew, 60);
  killProgram(program.folder);
  await up;
  await program.pulumi("cancel", "--yes");
}
