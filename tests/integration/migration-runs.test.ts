// Runs of one migration at the same time, at the provider's own level, where no lock of the stack keeps them apart.
import { afterAll, describe, expect, it } from "vitest";
import type { DockerHost } from "../../provider/docker/docker-host.ts";
import { runContainer } from "../../provider/postgres/migrations/container.ts";
import { imageIdOf } from "../support/app-versions.ts";
import { BACKEND_IMAGE } from "../support/backend.ts";
import { docker, removeLabelled, uniqueName } from "../support/docker.ts";
import { contextOf, type Logged } from "../support/emulated-api.ts";

const label = `tandem.test=${uniqueName("migration-runs-")}`;
const SCRIPT = "console.log('begin', Date.now()); setTimeout(() => console.log('end', Date.now()), 700)";

afterAll(() => removeLabelled(label));

async function inputsOf(name: string) {
  const [key = "", value = ""] = label.split("=");
  return {
    containerName: name,
    imageId: await imageIdOf(BACKEND_IMAGE),
    command: ["node", "-e", SCRIPT],
    user: "1000:1000",
    labels: { [key]: value },
    network: "none",
    memoryMb: 128,
    cpus: 0.5,
    pids: 64,
    timeoutSeconds: 60,
  };
}

/** Runs it. @returns from when to when it ran, and what was logged */
async function run(inputs: Awaited<ReturnType<typeof inputsOf>>) {
  const logged: Logged[] = [];
  const output = await runContainer(docker, inputs, contextOf({} as DockerHost, logged));
  const at = (word: string) => Number(output.find((line) => line.startsWith(word))?.split(" ")[1]);
  return { begin: at("begin"), end: at("end"), logged };
}

describe("runs of a migration", () => {
  it("at the same time go one after the other, each to its end", async () => {
    const inputs = await inputsOf(uniqueName("migration-runs-"));
    const runs = await Promise.all([run(inputs), run(inputs), run(inputs)]);
    const sorted = runs.toSorted((one, other) => one.begin - other.begin);
    for (const [index, { begin, end }] of sorted.entries()) {
      expect(end).toBeGreaterThan(begin);
      expect(begin).toBeGreaterThan(sorted[index - 1]?.end ?? 0);
    }
    const waited = runs.filter(({ logged }) => logged.some(({ message }) => /of another run/.test(message)));
    expect(waited.length).toBeGreaterThan(0);
    await expect(docker.getContainer(inputs.containerName).inspect()).rejects.toMatchObject({
      statusCode: 404,
    });
  });

  it("are not held up by a container that somebody made and never started", async () => {
    const inputs = await inputsOf(uniqueName("migration-runs-"));
    await docker.createContainer({
      name: inputs.containerName,
      Image: inputs.imageId,
      Labels: inputs.labels,
    });
    const { begin, end } = await run(inputs);
    expect(end).toBeGreaterThan(begin);
  });
});
