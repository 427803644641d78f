// Deploys that go wrong, each in its own way, under load: the old version serves on, and the message says what and why.
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Drift } from "../../ops/inspect/drift/finding.ts";
import type { DriftReport } from "../../ops/inspect/drift/render.ts";
import { APP_HOST, BESIDE_HOST, backendProgram, type Release } from "../support/backend-program.ts";
import { docker } from "../support/docker.ts";
import { failuresByReason, Load, type Report } from "../support/load.ts";
import { long, SOAK } from "../support/long-form.ts";
import { TestProgram } from "../support/program.ts";
import { freePort, type Outcome } from "../support/project.ts";
import { ask, eventually } from "../support/requests.ts";

let program: TestProgram;
let port: number;
let load: Load;
/** The version that serves. */
let good = "good-1";

beforeAll(async () => {
  port = await freePort();
  program = await TestProgram.create(backendProgram(port, { version: good }));
  // `./tandem` has the policies checked; this program has a volume at Redis' path that is a disk of 4 MiB.
  program.configure("dev", { "tandem:policies": { levels: { "guarded-volumes": "disabled" } } });
  const up = await program.pulumi("up", "--yes", "--skip-preview");
  expect(up.exitCode, up.output).toBe(0);
  load = new Load({ port, host: APP_HOST, perSecond: 40, connections: 100, uploadEverySeconds: 1e6 });
  load.start();
});

afterAll(async () => {
  await load?.stop();
  await program?.remove();
});

const version = async () => (await ask(port, APP_HOST, "/version")).json?.version as string | undefined;

async function deploy(release: Release): Promise<{ up: Outcome; report: Report }> {
  program.write(backendProgram(port, release));
  // Where nobody was served before, the gateway still refuses some of those that have waited for 5 s.
  await load.settled();
  load.take();
  const up = await program.pulumi("up", "--yes", "--skip-preview");
  await load.settled();
  return { up, report: load.take() };
}

/** Deploys what can't work: the run fails with the message, the old version serves on, no request fails. */
async function refused(release: Release, message: RegExp): Promise<Outcome> {
  const { up, report } = await deploy(release);
  expect(up.exitCode, up.output).not.toBe(0);
  expect(up.output).toMatch(message);
  expect(failuresByReason(report)).toEqual({});
  expect(await version()).toBe(good);
  return up;
}

async function appContainers() {
  const label = [`tandem.system=${program.system}`, "tandem.component=app"];
  return await docker.listContainers({ all: true, filters: JSON.stringify({ label }) });
}

/** The same `up` with the cause fixed: what is new serves, nothing is left of what failed or to be done, no request fails. */
async function fixed(release: Omit<Release, "version"> = {}): Promise<void> {
  const next = `good-${Number(good.slice("good-".length)) + 1}`;
  // What is good needs no long watch: every second of it is one of the test's.
  const { up, report } = await deploy({ version: next, watchSeconds: 1, ...release });
  expect(up.exitCode, up.output).toBe(0);
  expect(failuresByReason(report)).toEqual({});
  expect(await version()).toBe(next);
  good = next;
  const left = (await appContainers()).map(({ State }) => State);
  expect(left).toEqual(Array(release.replicas ?? 1).fill("running"));
  // Each day the preview after the last of them tells it of all.
  if (!SOAK) return;
  const preview = await program.pulumi("preview", "--expect-no-changes");
  expect(preview.exitCode, preview.output).toBe(0);
}

/** What a look for drift tells; every command for Docker that it prints is run, and nobody may notice. */
async function driftWithoutHarm(): Promise<Drift[]> {
  const { output } = await program.tandem("drift", "dev", "--json");
  const begin = output.indexOf("{\n");
  expect(begin, output).toBeGreaterThanOrEqual(0);
  const { reports } = JSON.parse(output.slice(begin)) as { reports: DriftReport[] };
  const drifts = reports.flatMap((report) => report.drifts);
  load.take();
  for (const command of drifts.flatMap(({ fix }) =>
    fix.flatMap((text) => text.match(/docker [^;`]+/g) ?? []),
  )) {
    await execa("sh", ["-c", command], { reject: false });
  }
  await sleep(500);
  expect(failuresByReason(load.take())).toEqual({});
  expect(await version()).toBe(good);
  return drifts;
}

describe("a migration", () => {
  const done = "console.log('all done')";

  it("that fails", async () => {
    const migration = "console.log('step 1 done'); throw new Error('step 2 has a typo')";
    const wrong = { version: "bad", migration };
    const { output } = await refused(wrong, /The migration 'node -e .*' ended with exit code 1/s);
    expect(output).toContain("step 1 done");
    expect(output).toContain("step 2 has a typo");
    await fixed({ migration: done });
  });

  long("that hangs", async () => {
    const migration = "setInterval(() => {}, 1000)";
    await refused({ version: "bad", migration }, /was killed: its time limit of 3 s was over/);
    await fixed({ migration: done });
  });

  long("that is killed", async () => {
    // Long enough to be killed amid it, and far from its limit of 3 s.
    const migration = "setTimeout(() => {}, 1500)";
    const name = `${program.system}_dev_app_migration`;
    const kill = eventually(
      async () => (await execa("docker", ["kill", name], { reject: false })).exitCode,
      (code) => code === 0,
    );
    await refused({ version: "bad", migration }, /ended with exit code 137/);
    await kill;
    // The very same: killed by somebody, it was no fault of its own.
    await fixed({ migration });
  });
});

describe("a new version", () => {
  long("whose image is not to be had", async () => {
    const image = "localhost:1/nothing:1.0";
    await refused({ version: "bad", image }, /Image localhost:1\/nothing:1.0 is not on .*can't be pulled/s);
    await fixed();
  });

  it("that ends at once", async () => {
    const message = /keeps ending by itself\. Exit code 1\. .*no configuration, no service/s;
    await refused({ version: "bad", fault: "exit" }, message);
    await fixed();
  });

  long("that takes more memory than it may", async () => {
    await refused({ version: "bad", fault: "memory" }, /ran out of memory: raise its limit/);
    await fixed();
  });

  long("whose volume is full", async () => {
    await refused({ version: "bad", fault: "disk" }, /keeps ending by itself.*ENOSPC/s);
    await fixed();
  });

  it("that never gets healthy; what serves on is looked at, and no drift", async () => {
    const [serving] = (await appContainers()).map(({ Names }) => Names[0]?.slice(1));
    program.write(backendProgram(port, { version: "bad", fault: "sick" }));
    load.take();
    const { exitCode, output } = await program.tandem("up", "dev");
    expect(exitCode, output).not.toBe(0);
    expect(output).toMatch(/was not healthy within 15 s \(last check/);
    expect(output).toContain(`route app is served by ${serving}, which answers`);
    expect(output).not.toMatch(/docker (rm|stop|network)/);
    expect(failuresByReason(load.take())).toEqual({});

    const drifts = await driftWithoutHarm();
    expect(drifts.find(({ subject }) => subject === `container ${serving}`)).toMatchObject({
      gravity: "person",
      details: [expect.stringMatching(/^serves \(route app of .*a deploy did not come to its end/)],
      fix: [expect.stringContaining("tandem up dev")],
    });
    expect(drifts.filter(({ gravity }) => gravity !== "person")).toEqual([]);
    await fixed();
  });

  it("while nobody is served: no failed run says otherwise", async () => {
    const [serving] = (await appContainers()).map(({ Names }) => Names[0]?.slice(1) ?? "");
    await execa("docker", ["stop", serving ?? ""]);
    program.write(backendProgram(port, { version: "bad", fault: "exit" }));
    const { output } = await program.tandem("up", "dev");
    expect(output).toContain(`nobody is served at route app: it leads to ${serving}, which doesn't run`);
    expect(output).toContain("route beside is served by");
    expect(output).not.toMatch(/serves on|keeps serving/);
    // The next good version takes over all the same; what failed before it counts for nothing.
    program.write(backendProgram(port, { version: good, watchSeconds: 1 }));
    const up = await program.tandem("up", "dev");
    expect(up.exitCode, up.output).toBe(0);
    expect(await version()).toBe(good);
  });

  long("that listens on another port than the route's", async () => {
    const message =
      /The route 'app' stays where it is: .*:8080 is healthy, but nobody listens there.*Set `port`/s;
    await refused({ version: "bad", port: 9090 }, message);
    await fixed({ replicas: 2 });
  });
});

describe("another owner for files that a version serves from", () => {
  it("is refused by the preview, and the version that serves keeps them", async () => {
    const [serving] = (await appContainers()).map(({ Id }) => Id);
    const inside = async (script: string) =>
      (await execa("docker", ["exec", serving ?? "", "sh", "-c", script], { reject: false })).exitCode;
    expect(await inside("mkdir -p /files/below && echo kept > /files/below/one")).toBe(0);
    const message = /volume .*_files belongs to 1000:1000 and .* uses it.*`\S+ down --system \S+ dev`/s;
    const release = { version: "bad", fault: "exit", owner: "2000:2000" } as const;
    await refused(release, message);
    const preview = await program.pulumi("preview");
    expect(preview.exitCode).not.toBe(0);
    expect(preview.output).toMatch(message);
    expect(await inside("echo more >> /files/below/one")).toBe(0);
  });
});

describe("a new version that took over", () => {
  long("and then fails its health check", async () => {
    const message = /took over and went bad: .* fails its health check .*leads to the old version again/s;
    await refused({ version: "bad", fault: "late-sick", replicas: 2 }, message);
    await fixed();
  });

  long("and then ends by itself", async () => {
    await refused({ version: "bad", fault: "late-exit" }, /took over and went bad: .* ended by itself/s);
    const drifts = await driftWithoutHarm();
    expect(drifts.map(({ details }) => details.join("; "))).toEqual(
      expect.arrayContaining([expect.stringMatching(/^serves \(route app/)]),
    );
    expect(drifts.filter(({ gravity }) => gravity === "data")).toEqual([]);
    await fixed();
  });

  it("and answers with errors: those are all that its users see of it", async () => {
    const { up, report } = await deploy({ version: "bad", fault: "errors" });
    expect(up.output).toMatch(
      /answered \d+ of \d+ requests with a server error \(\d+ %, at most 20 % are allowed/,
    );
    expect(up.exitCode).not.toBe(0);
    for (const { reason } of report.failures) expect(reason).toBe("HTTP 500");
    // Two seconds' worth: it goes back at once.
    expect(report.failures.length).toBeLessThan(120);
    expect(await version()).toBe(good);
    // The very same again: what was stopped is started, and watched again.
    const again = await deploy({ version: "bad", fault: "errors" });
    expect(again.up.exitCode).not.toBe(0);
    expect(await version()).toBe(good);
    await fixed();
  });
});

describe("a hostname", () => {
  long(
    "goes over to another service, and a service gets another name, each in one run and with no failed request",
    async () => {
      const beside = { beside: "beside", watchSeconds: 1 };
      const moved = await deploy({
        ...{ version: good, ...beside },
        ...{ hosts: ["else.localhost"], besideHosts: [BESIDE_HOST, APP_HOST] },
      });
      expect(moved.up.exitCode, moved.up.output).toBe(0);
      expect(failuresByReason(moved.report)).toEqual({});
      expect(await version()).toBe("beside");
      // Back again, to a service that takes the place of the first.
      const renamed = await deploy({ version: "renamed", name: "front", ...beside });
      expect(renamed.up.exitCode, renamed.up.output).toBe(0);
      expect(failuresByReason(renamed.report)).toEqual({});
      expect(await version()).toBe("renamed");
      expect(await appContainers()).toEqual([]);
      expect((await ask(port, "else.localhost", "/version")).status).toBe(404);
      const preview = await program.pulumi("preview", "--expect-no-changes");
      expect(preview.exitCode, preview.output).toBe(0);
      const back = await deploy({ version: good, watchSeconds: 1 });
      expect(back.up.exitCode, back.up.output).toBe(0);
      expect(failuresByReason(back.report)).toEqual({});
      expect(await version()).toBe(good);
    },
  );
});

describe("a change that replaces the container, and is no new version", () => {
  /** Deploys it under the name of what serves. @returns the container that serves then */
  async function changed(release: Omit<Release, "version">) {
    const [before] = await appContainers();
    const { up, report } = await deploy({ version: good, watchSeconds: 1, ...release });
    expect(up.exitCode, up.output).toBe(0);
    expect(failuresByReason(report)).toEqual({});
    expect(report.answered).toBeGreaterThan(50);
    const [after, ...others] = await appContainers();
    expect(others).toEqual([]);
    expect(after?.Id).not.toBe(before?.Id);
    return await docker.getContainer(after?.Id ?? "").inspect();
  }

  it("of the command loses no request", async () => {
    const { Config } = await changed({ nodeOptions: ["--max-old-space-size=96"] });
    expect(Config.Cmd?.slice(0, 2)).toEqual(["node", "--max-old-space-size=96"]);
  });

  it("of the health check loses no request", async () => {
    const { Config } = await changed({ healthIntervalSeconds: 7 });
    expect(Config.Healthcheck?.Interval).toBe(7e9);
  });
});
