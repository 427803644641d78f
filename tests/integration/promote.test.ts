// Promotion: each reason to refuse a version, by name; then the identical image in the other environment.
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AppVersions, imageIdOf } from "../support/app-versions.ts";
import { docker } from "../support/docker.ts";
import { dockerOk, until } from "../support/docker-cli.ts";
import { long } from "../support/long-form.ts";
import { type Outcome, TestProject } from "../support/project.ts";
import { ask, eventually } from "../support/requests.ts";

const MOOD = "-- Up Migration\nALTER TABLE notes ALTER COLUMN text TYPE varchar(2000);\n";

let project: TestProject;
let versions: AppVersions;
let image: string;

function promote(...flags: string[]): Promise<Outcome> {
  return project.tandem(["promote", "--yes", ...flags]);
}

async function appOf(stack: string) {
  const label = [`tandem.system=${project.name}`, `tandem.environment=${stack}`, "tandem.component=app"];
  const [found] = await docker.listContainers({ all: true, filters: JSON.stringify({ label }) });
  return found;
}

/** Every image of the host, those between the layers of others among them. */
async function imageIds(): Promise<Set<string>> {
  return new Set((await docker.listImages({ all: true })).map(({ Id }) => Id));
}

/** Images that were not there before and are made of this one. Other tests make images of their own meanwhile. */
async function madeOf(served: string, before: Set<string>): Promise<string[]> {
  const last = (await docker.getImage(served).inspect()).RootFS.Layers?.at(-1) ?? "";
  const found: string[] = [];
  for (const id of await imageIds()) {
    if (before.has(id)) continue;
    // Gone again: another test's.
    const facts = await docker
      .getImage(id)
      .inspect()
      .catch(() => undefined);
    if (facts?.RootFS.Layers?.includes(last)) found.push(id);
  }
  return found;
}

/** What happened since then, by Docker's own record, to images that have a name of this project: builds, tags, pulls. */
async function namedSince(since: number): Promise<string[]> {
  const filters = JSON.stringify({ type: ["image"] });
  const events = await docker.getEvents({ since, until: Math.ceil(Date.now() / 1000), filters });
  const lines = (await text(events)).split("\n").filter((line) => line.includes(project.name));
  return lines.map((line) => (JSON.parse(line) as { Action: string }).Action);
}

async function healthy(): Promise<boolean> {
  const facts = await docker.getContainer((await appOf("staging"))?.Id ?? "").inspect();
  return facts.State.Health?.Status === "healthy";
}

async function refused(code: string, reason: RegExp, attempt = promote()): Promise<void> {
  const { exitCode, output } = await attempt;
  expect(exitCode, output).toBe(1);
  expect(output).toMatch(new RegExp(`${code}: `));
  expect(output).toMatch(reason);
  expect(await appOf("production")).toBeUndefined();
}

beforeAll(async () => {
  project = await TestProject.create({ production: { promoteAfter: "1h" } });
  versions = new AppVersions(project.name);
  image = await versions.make("v1", { "0003_mood.sql": MOOD });
  project.configure("staging", { image });
});

afterAll(async () => {
  await project.remove();
  await versions.remove();
});

describe("a version is not promoted", () => {
  it("when there is none, or the environments are one", async () => {
    await refused("not-deployed", /tandem up staging/);
    expect((await promote("--to", "staging")).exitCode).toBe(2);
  });

  it("when it was not healthy for long enough", async () => {
    const up = await project.tandem(["up", "staging"]);
    expect(up.exitCode, up.output).toBe(0);
    await refused("too-young", /must be for 60 min/);
    project.configure("production", { promoteAfter: "1s" });
  });

  it("when its container does not run", async () => {
    await dockerOk(["stop", (await appOf("staging"))?.Id ?? ""]);
    await refused("unhealthy", /is (exited|healthy|unhealthy)/);
    await dockerOk(["start", (await appOf("staging"))?.Id ?? ""]);
    await until("health", healthy);
  });

  it("when its tag means another image by now", async () => {
    await dockerOk(["tag", "tandem-example:0.1.0", image]);
    await refused("moved-tag", /means another image now/);
    await dockerOk(["tag", (await appOf("staging"))?.ImageID ?? "", image]);
  });

  it("when no registry has it, and the other Docker host is another", async () => {
    project.configure("production", { dockerHost: "unix:///run/docker.sock" });
    await refused("no-digest", /push it/);
    project.configure("production", { dockerHost: undefined });
  });

  it("when a smoke test fails", async () => {
    const redis = `${project.name}_staging_redis`;
    await dockerOk(["pause", redis]);
    try {
      // Docker's own look at its health may fail before: the check of its age then comes first, for a second.
      const attempt = eventually(promote, ({ output }) => !output.includes("too-young: "), 60);
      await refused("smoke-tests", /\/ready (answered 503|no answer)/, attempt);
    } finally {
      await dockerOk(["unpause", redis]);
    }
    await until("health", healthy);
  });

  it("when the environment is not as its settings say", async () => {
    project.configure("staging", { logLevel: "warn" });
    await refused("drift", /not as its program and settings say/);
    project.configure("staging", { logLevel: "debug" });
  });

  long("when its last update failed", async () => {
    project.configure("staging", { image: "tandem-nowhere.invalid/app:1.0.0" });
    expect((await project.tandem(["up", "staging"])).exitCode).not.toBe(0);
    project.configure("staging", { image });
    await refused("unfinished", /last update failed/);
    const up = await project.tandem(["up", "staging"]);
    expect(up.exitCode, up.output).toBe(0);
  });
});

describe("a version that is good", () => {
  it("waits for a yes, with what differs and what will be migrated", async () => {
    const { exitCode, output } = await project.tandem(["promote"]);
    expect(exitCode).toBe(2);
    expect(output).toContain("add --yes");
    expect(output).toMatch(/banner: "STAGING ENVIRONMENT" there, \(none\) here/);
    expect(output).toMatch(/app-migration: 0001_notes\.sql, 0002_note_embeddings\.sql, 0003_mood\.sql/);
    expect(await appOf("production")).toBeUndefined();
  });

  it("goes over as the identical image, with nothing built, and is tested there", async () => {
    const served = await imageIdOf(image);
    const [before, since] = [await imageIds(), Math.floor(Date.now() / 1000)];
    const { exitCode, output } = await promote();
    expect(exitCode, output).toBe(0);
    expect(await madeOf(served, before)).toEqual([]);
    expect(await namedSince(since)).toEqual([]);
    expect((await appOf("production"))?.ImageID).toBe(served);
    expect((await appOf("staging"))?.ImageID).toBe(served);
    expect(project.config("production").image).toBe(served);
    expect(output).toMatch(/ok {4} theoracle\.localhost\/ready/);
    const { hostPort, hostname } = project.config("production");
    expect((await ask(Number(hostPort), String(hostname), "/version")).json).toMatchObject({
      commit: "v1",
      environment: "production",
    });
  });

  it("is there then: a second promotion has nothing to do, and the history says who promoted what", async () => {
    expect((await promote()).output).toContain("already; nothing was done");
    const { output } = await project.tandem(["history", "production", "--json"]);
    expect(JSON.parse(output).versions).toMatchObject([
      { number: 1, result: "succeeded", message: expect.stringMatching(/^promotion from staging by /) },
    ]);
  });
});

describe("a version that is healthy, and lacks what a smoke test asks for", () => {
  let lame: string;

  beforeAll(async () => {
    const read = ["run", "--rm", "--network", "none", "--entrypoint", "cat", image];
    const program = (await dockerOk([...read, "/app/dist/main.js"])).replaceAll('"/version"', '"/edition"');
    lame = await versions.make("lame", { "0003_mood.sql": MOOD }, { "dist/main.js": program });
    project.configure("staging", { image: lame, watchSeconds: 1 });
    const up = await project.tandem(["up", "staging"]);
    expect(up.exitCode, up.output).toBe(0);
  });

  it("is not promoted", async () => {
    const { exitCode, output } = await promote();
    expect(exitCode, output).toBe(1);
    expect(output).toMatch(/smoke-tests: .*\/version answered 404, not 200/);
    expect((await appOf("production"))?.ImageID).toBe(await imageIdOf(image));
  });

  long("is told of after a rollback to it, with exit code 1", async () => {
    const history = JSON.parse((await project.tandem(["history", "staging", "--json"])).output);
    const away = await project.tandem(["rollback", "staging", "--yes"]);
    expect(away.exitCode, away.output).toBe(0);
    const number = String(history.versions.at(-1).number);
    const back = await project.tandem(["rollback", "staging", "--to", number, "--yes"]);
    expect(back.exitCode, back.output).toBe(1);
    expect(back.output).toMatch(/\/version answered 404, not 200/);
    expect(back.output).toContain("1 of 3 smoke tests failed");
    expect(project.config("staging").image).toBe(await imageIdOf(lame));
  });
});
