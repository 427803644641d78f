// Deploys that go wrong, each in its own way, under load: the old version serves on, and the message says what and why.
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { APP_HOST, backendProgram, type Release } from "../support/backend-program.ts";
import { docker } from "../support/docker.ts";
import { failuresByReason, Load, type Report } from "../support/load.ts";
import { TestProgram } from "../support/program.ts";
import { freePort, type Outcome } from "../support/project.ts";
import { ask, eventually } from "../support/requests.ts";

let program: TestProgram;
let port: number;
let load: Load;

beforeAll(async () => {
  port = await freePort();
  program = await TestProgram.create(backendProgram(port, { version: "good-1" }));
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
  load.take();
  const up = await program.pulumi("up", "--yes", "--skip-preview");
  return { up, report: load.take() };
}

/** Deploys what can't work: the run fails with the message, `old` serves on, no request fails. */
async function refused(release: Release, old: string, message: RegExp): Promise<Outcome> {
  const { up, report } = await deploy(release);
  expect(up.exitCode, up.output).not.toBe(0);
  expect(up.output).toMatch(message);
  expect(failuresByReason(report)).toEqual({});
  expect(await version()).toBe(old);
  return up;
}

/** Deploys what works after something that didn't. */
async function mended(release: Release): Promise<void> {
  const { up, report } = await deploy(release);
  expect(up.exitCode, up.output).toBe(0);
  expect(failuresByReason(report)).toEqual({});
  expect(await version()).toBe(release.version);
  const label = [`tandem.system=${program.system}`, "tandem.component=app"];
  const left = await docker.listContainers({ all: true, filters: JSON.stringify({ label }) });
  expect(left.map(({ State }) => State)).toEqual(Array(release.replicas ?? 1).fill("running"));
}

describe("a migration", () => {
  it("that fails", async () => {
    const migration = "console.log('step 1 done'); throw new Error('step 2 has a typo')";
    const wrong = { version: "bad", migration };
    const { output } = await refused(wrong, "good-1", /The migration 'node -e .*' ended with exit code 1/s);
    expect(output).toContain("step 1 done");
    expect(output).toContain("step 2 has a typo");
  });

  it("that hangs", async () => {
    const migration = "setInterval(() => {}, 1000)";
    await refused({ version: "bad", migration }, "good-1", /was killed: its time limit of 3 s was over/);
  });

  it("that is killed", async () => {
    const migration = "setTimeout(() => {}, 2900)";
    const name = `${program.system}_dev_app_migration`;
    const kill = eventually(
      async () => (await execa("docker", ["kill", name], { reject: false })).exitCode,
      (code) => code === 0,
    );
    await refused({ version: "bad", migration }, "good-1", /ended with exit code 137/);
    await kill;
    await mended({ version: "good-2", migration: "console.log('all done')" });
  });
});

describe("a new version", () => {
  it("whose image is not to be had", async () => {
    const image = "localhost:1/nothing:1.0";
    await refused(
      { version: "bad", image },
      "good-2",
      /Image localhost:1\/nothing:1.0 is not on .*can't be pulled/s,
    );
  });

  it("that ends at once", async () => {
    const message = /keeps ending by itself\. Exit code 1\. .*no configuration, no service/s;
    await refused({ version: "bad", fault: "exit" }, "good-2", message);
  });

  it("that takes more memory than it may", async () => {
    await refused({ version: "bad", fault: "memory" }, "good-2", /ran out of memory: raise its limit/);
  });

  it("whose disk is full", async () => {
    await refused({ version: "bad", fault: "disk" }, "good-2", /keeps ending by itself.*ENOSPC/s);
  });

  it("that never gets healthy", async () => {
    await refused({ version: "bad", fault: "sick" }, "good-2", /was not healthy within 15 s \(last check/);
  });

  it("that listens on another port than the route's", async () => {
    const message =
      /The route 'app' stays where it is: .*:8080 is healthy, but nobody listens there.*Set `port`/s;
    await refused({ version: "bad", port: 9090 }, "good-2", message);
    await mended({ version: "good-3", replicas: 2 });
  });
});

describe("a new version that took over", () => {
  it("and then fails its health check", async () => {
    const message = /took over and went bad: .* fails its health check .*leads to the old version again/s;
    await refused({ version: "bad", fault: "late-sick", replicas: 2 }, "good-3", message);
  });

  it("and then ends by itself", async () => {
    await refused(
      { version: "bad", fault: "late-exit" },
      "good-3",
      /took over and went bad: .* ended by itself/s,
    );
    await mended({ version: "good-4" });
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
    expect(await version()).toBe("good-4");
    // The very same again: what was stopped is started, and watched again.
    const again = await deploy({ version: "bad", fault: "errors" });
    expect(again.up.exitCode).not.toBe(0);
    expect(await version()).toBe("good-4");
    await mended({ version: "good-5" });
  });
});
