// Production on a Docker host of its own, which gets its images from a registry (an emulated one): promoted and rolled back
// by digest, and what happens when that host's disk is full. The daemon is one of the test's own.
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { appReference, referenceOf } from "../../setup/images/catalog.ts";
import { RegistryEmulator } from "../emulators/registry/registry.ts";
import { AppVersions, imageIdOf } from "../support/app-versions.ts";
import { docker } from "../support/docker.ts";
import { dockerOk } from "../support/docker-cli.ts";
import { failuresByReason, Load } from "../support/load.ts";
import { long } from "../support/long-form.ts";
import { OutwardPorts } from "../support/outward-ports.ts";
import { OwnDocker } from "../support/own-docker.ts";
import { type Outcome, TestProject } from "../support/project.ts";
import { ask } from "../support/requests.ts";

const obstacle = await OwnDocker.obstacle();
if (obstacle !== undefined)
  console.warn(`skipped, this machine can't have a second Docker daemon: ${obstacle}`);
/** Of the host's disk; its images take some 900. */
const DISK_MIB = 2_500;

let registry: RegistryEmulator;
let own: OwnDocker;
let ports: OutwardPorts;
let project: TestProject;
let versions: AppVersions;

const repository = () => `${registry.host}/${project.name}`;

/** Makes a version and pushes it under a tag; this machine has it no more then. @returns its digest */
async function push(commit: string, tag: string): Promise<string> {
  const made = await versions.make(commit);
  const reference = `${repository()}:${tag}`;
  await dockerOk(["tag", made, reference]);
  const pushed = await dockerOk(["push", reference]);
  await dockerOk(["rmi", reference, made]);
  const digest = /digest: (sha256:[a-f0-9]{64})/.exec(pushed)?.[1] ?? "";
  return `${repository()}@${digest}`;
}

/** What somebody else's push does: the tag means another image in the registry, and this machine knows nothing of it. */
async function moveTag(tag: string, to: string): Promise<void> {
  const manifests = `http://${registry.host}/v2/${project.name}/manifests`;
  const manifest = await fetch(`${manifests}/${to.split("@")[1]}`);
  const headers = { "content-type": manifest.headers.get("content-type") ?? "" };
  const moved = await fetch(`${manifests}/${tag}`, {
    method: "PUT",
    headers,
    body: await manifest.arrayBuffer(),
  });
  expect(moved.status).toBe(201);
}

async function served(stack: string): Promise<string> {
  const { hostPort, hostname } = project.config(stack);
  return (await ask(Number(hostPort), String(hostname), "/version")).json?.commit;
}

/** The image that the app of an environment runs, on its own host. */
async function runs(stack: string): Promise<string | undefined> {
  const label = [`tandem.system=${project.name}`, `tandem.environment=${stack}`, "tandem.component=app"];
  const filters = JSON.stringify({ label });
  const host = stack === "production" ? own.client : docker;
  const [found, ...others] = await host.listContainers({ filters });
  expect(others).toEqual([]);
  return found?.ImageID;
}

async function stage(tag: string): Promise<void> {
  project.configure("staging", { image: `${repository()}:${tag}` });
  const up = await project.tandem(["up", "staging"]);
  expect(up.exitCode, up.output).toBe(0);
}

/** What the other host's daemon did with images since then; nobody else uses it. */
async function imageEvents(since: number): Promise<string[]> {
  const stream = await own.client.getEvents({
    since,
    until: Math.ceil(Date.now() / 1000),
    filters: JSON.stringify({ type: ["image"] }),
  });
  const lines = (await text(stream)).split("\n").filter((line) => line !== "");
  return lines.map((line) => {
    const { Action, Actor } = JSON.parse(line) as { Action: string; Actor: { ID: string } };
    return `${Action} ${Actor.ID}`;
  });
}

beforeAll(async () => {
  if (obstacle !== undefined) return;
  registry = await RegistryEmulator.start();
  const images = (["postgres", "redis", "caddy", "node"] as const).map(referenceOf);
  own = await OwnDocker.start([...images, appReference()], { diskMiB: DISK_MIB });
  const socket = join(own.folder, "registry.sock");
  await registry.listenAt(socket);
  await own.reach(registry.port, socket);
  project = await TestProject.create({
    staging: { watchSeconds: 1 },
    production: { dockerHost: own.host, promoteAfter: "1s", watchSeconds: 1 },
  });
  versions = new AppVersions(project.name);
  ports = new OutwardPorts();
  const { hostPort, postgresPort } = project.config("production");
  await ports.open(own, [Number(hostPort), Number(postgresPort)]);
});

afterAll(async () => {
  ports?.close();
  const images = await docker.listImages();
  await project?.remove();
  await own?.remove();
  const mine = images.filter(({ RepoDigests }) => RepoDigests?.some((one) => one.startsWith(repository())));
  for (const { Id } of mine) await dockerOk(["rmi", "--force", Id]);
  await registry?.stop();
});

describe.skipIf(obstacle !== undefined)("an image of a registry", () => {
  let first: string;

  it("goes to another host by the digest that staging serves, wherever its tag points by then", async () => {
    first = await push("v1", "stable");
    await stage("stable");
    const staged = await runs("staging");
    expect(staged).toBe(await imageIdOf(first));
    await moveTag("stable", await push("v2", "next"));
    const [before, since] = [registry.requests.length, Math.floor(Date.now() / 1000)];
    const promoted = await project.tandem(["promote", "--yes"]);
    expect(promoted.exitCode, promoted.output).toBe(0);
    expect(project.config("production").image).toBe(first);
    expect(await runs("production")).toBe(staged);
    expect(await served("production")).toBe("v1");
    // Nothing was built, tagged or pushed: the one thing done with an image was to pull this one.
    expect(await imageEvents(since)).toEqual([`pull ${first}`]);
    const asked = registry.requests.slice(before).map(({ asked: one }) => one.split(" ")[0] ?? "");
    expect(asked).toContain("GET");
    expect(asked.filter((method) => method !== "GET" && method !== "HEAD")).toEqual([]);
  });

  long("is what a rollback goes back to, by its digest", async () => {
    await stage("next");
    const promoted = await project.tandem(["promote", "--yes"]);
    expect(promoted.exitCode, promoted.output).toBe(0);
    expect(await served("production")).toBe("v2");
    const back = await project.tandem(["rollback", "production", "--yes"]);
    expect(back.exitCode, back.output).toBe(0);
    expect(project.config("production").image).toBe(first);
    expect(await runs("production")).toBe(await imageIdOf(first));
    expect(await served("production")).toBe("v1");
  });
});

describe.skipIf(obstacle !== undefined)("a host whose disk is full", () => {
  /** Runs it while requests go to production, none of which may fail, and v1 serves afterwards. */
  async function refused(work: () => Promise<Outcome>, message: RegExp): Promise<void> {
    const { hostPort, hostname } = project.config("production");
    const load = new Load({ port: Number(hostPort), host: String(hostname), perSecond: 40, connections: 80 });
    load.start();
    const { exitCode, output } = await work();
    const report = await load.stop();
    expect(exitCode, output).not.toBe(0);
    expect(output).toMatch(message);
    expect(failuresByReason(report)).toEqual({});
    expect(report.answered).toBeGreaterThan(50);
    expect(await served("production")).toBe("v1");
  }

  long("has no room for a new image: nothing is changed", async () => {
    await push("v3", "third");
    await stage("third");
    const { image } = project.config("production");
    await own.fillDisk();
    await refused(
      () => project.tandem(["promote", "--yes"]),
      /can't be pulled: [\s\S]*no space left on device[\s\S]*A disk is full: make room/,
    );
    expect(project.config("production").image).toBe(image);
  });

  long("has none for a new container: the old one serves on", async () => {
    project.configure("production", { banner: "NEW BANNER" });
    await refused(() => project.tandem(["up", "production"]), /no space left on device/);
  });

  long("is fixed by room: the same commands converge", async () => {
    await own.freeDisk();
    const up = await project.tandem(["up", "production"]);
    expect(up.exitCode, up.output).toBe(0);
    const preview = await project.tandem(["preview", "production", "--expect-no-changes"]);
    expect(preview.exitCode, preview.output).toBe(0);
    const promoted = await project.tandem(["promote", "--yes"]);
    expect(promoted.exitCode, promoted.output).toBe(0);
    expect(await served("production")).toBe("v3");
  });
});
