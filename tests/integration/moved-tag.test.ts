// B1: other content under the same tag. The registry is asked in the preview, which shows it as what it is; the emulated registry
// stands in for one.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { referenceOf } from "../../setup/images/catalog.ts";
import { RegistryEmulator } from "../emulators/registry/registry.ts";
import { imageIdOf } from "../support/app-versions.ts";
import { docker, uniqueName } from "../support/docker.ts";
import { dockerCli, dockerOk } from "../support/docker-cli.ts";
import { TestProgram } from "../support/program.ts";
import { containerOf } from "../support/snapshot.ts";

const name = uniqueName("moved-tag-");
let registry: RegistryEmulator;
let program: TestProgram;
let ids: { first: string; second: string };

const reference = (tag: string) => `${registry.host}/${name}:${tag}`;

/** Builds an image, pushes it under a tag, and returns its id. */
async function push(tag: string, content: string): Promise<string> {
  await dockerOk(
    ["build", "--quiet", "--tag", reference(tag), "-"],
    `FROM ${referenceOf("redis")}\nLABEL content=${content}\nENTRYPOINT []\n`,
  );
  await dockerOk(["push", reference(tag)]);
  return await imageIdOf(reference(tag));
}

/** Another machine pushes: this host's tag stays as it was. */
async function pushElsewhere(tag: string, content: string): Promise<string> {
  const before = await imageIdOf(reference(tag));
  const pushed = await push(tag, content);
  await dockerOk(["tag", before, reference(tag)]);
  return pushed;
}

const source = (tag: string) => `
import { AppService, Environment } from "tandem";
const env = new Environment("dev", { system: "$SYSTEM", environment: "dev" });
new AppService("app", {
  env,
  image: ${JSON.stringify(reference(tag))},
  command: ["sleep", "600"],
  health: { command: ["true"] },
  limits: { cpus: 0.2, memoryMb: 32, pids: 20 },
});
`;

async function running(): Promise<string> {
  return (await docker.getContainer(await containerOf(program.system, "dev", "app")).inspect()).Image;
}

const asked = () => registry.requests.filter(({ asked: line }) => line.includes("/manifests/")).length;

beforeAll(async () => {
  registry = await RegistryEmulator.start();
  ids = { first: await push("staging", "first"), second: "" };
  program = await TestProgram.create(source("staging"));
  const up = await program.pulumi("up", "--yes", "--skip-preview");
  expect(up.exitCode, up.output).toBe(0);
});

afterAll(async () => {
  await program?.remove();
  const filters = JSON.stringify({ reference: [`${registry.host}/${name}`] });
  for (const { Id } of await docker.listImages({ filters })) await dockerCli(["rmi", "--force", Id]);
  for (const id of Object.values(ids ?? {})) await dockerCli(["rmi", "--force", id]);
  await registry?.stop();
});

describe("a tag that moves", () => {
  it("B1: shows no change while its registry has what the host has", async () => {
    const before = asked();
    const preview = await program.pulumi("preview", "--expect-no-changes");
    expect(preview.exitCode, preview.output).toBe(0);
    expect(asked()).toBeGreaterThan(before);
  });

  it("B1: shows as a new container when other content was pushed under it, and comes with the next up", async () => {
    ids.second = await pushElsewhere("staging", "second");
    expect(await imageIdOf(reference("staging"))).toBe(ids.first);
    const preview = await program.pulumi("preview");
    expect(preview.output).toMatch(/docker:index:Container.*replace/);
    expect(await running()).toBe(ids.first);
    const up = await program.pulumi("up", "--yes", "--skip-preview");
    expect(up.exitCode, up.output).toBe(0);
    expect(await running()).toBe(ids.second);
    const after = await program.pulumi("preview", "--expect-no-changes");
    expect(after.exitCode, after.output).toBe(0);
  });

  it("B1: is used as it is where its registry doesn't answer, and the preview says so", async () => {
    const host = registry.host;
    await registry.stop();
    const preview = await program.pulumi("preview", "--expect-no-changes");
    expect(preview.exitCode, preview.output).toBe(0);
    expect(preview.output).toContain(
      `Whether ${host}/${name}:staging means another image by now isn't known`,
    );
  });
});
