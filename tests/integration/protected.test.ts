// Production with its tracked settings, data protected: what takes it down or apart is refused, and what it holds stays.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { standInLabel, standInOfLabel } from "../../setup/images/labels.ts";
import { docker } from "../support/docker.ts";
import { type Outcome, TestProject } from "../support/project.ts";
import { ask } from "../support/requests.ts";
import { snapshot } from "../support/snapshot.ts";

const NOTE = "kept through all of it";
let project: TestProject;
let first: Outcome;

/** Production's answer for a path. */
function production(path: string, body?: unknown) {
  const { hostPort, hostname } = project.config("production");
  return ask(Number(hostPort), String(hostname), path, body);
}

async function notes(): Promise<string[]> {
  const { json } = await production("/api/notes");
  return (json as { text: string }[]).map(({ text }) => text);
}

/** Names of everything that production is made of, in order. */
async function parts(): Promise<string[]> {
  return Object.keys(await snapshot(project.name, "production")).sort();
}

/** Runs a command that must be refused; all of production must be as before. */
async function refused(outcome: () => Promise<Outcome>): Promise<string> {
  const before = await snapshot(project.name, "production");
  const { exitCode, output } = await outcome();
  expect(exitCode, output).not.toBe(0);
  expect(await snapshot(project.name, "production")).toEqual(before);
  expect(await notes()).toContain(NOTE);
  return output;
}

beforeAll(async () => {
  // As it is tracked: the other tests switch the protection off to be able to clean up.
  project = await TestProject.create({ production: { protectData: true } });
  first = await project.tandem(["up", "production", "--yes"]);
  if (first.exitCode !== 0) throw new Error(first.output);
  await production("/api/notes", { text: NOTE });
});

afterAll(() => project.remove());

describe("production, protected", () => {
  it("says at the end of up which images are stand-ins", async () => {
    const labels = { label: [`tandem.system=${project.name}`] };
    const containers = await docker.listContainers({ filters: JSON.stringify(labels) });
    const used = await Promise.all(
      containers.map(async ({ ImageID }) => {
        const { Config } = await docker.getImage(ImageID).inspect();
        const images = Config.Labels ?? {};
        // An image that was built on a stand-in has its labels, and is none.
        return images[standInLabel] === "true" && "tandem.stand-in.note" in images
          ? images[standInOfLabel]
          : undefined;
      }),
    );
    const printed = [...first.output.matchAll(/^ {2}stand-in {3}(\S+): .+$/gm)].map(([, image]) => image);
    for (const image of printed) expect(used).toContain(image);
    const servers = ["postgres", "redis", "caddy"];
    for (const image of used.filter((one) => servers.some((server) => one?.includes(server)))) {
      expect(printed).toContain(image);
    }
  });

  it("is not taken down by a yes, nor by another environment's name", async () => {
    expect(await refused(() => project.tandem(["down", "production", "--yes"]))).toContain(
      "--confirm production",
    );
    const args = ["down", "production", "--yes", "--confirm", "staging"];
    expect(await refused(() => project.tandem(args))).toContain("does not name production");
  });

  it("doesn't lose its data to any confirmation while the stack says protectData", async () => {
    const args = ["down", "production", "--confirm", "production", "--delete-data"];
    const output = await refused(() => project.tandem([...args, "--yes-delete-data-of", "production"]));
    expect(output).toMatch(/protect its data/);
    expect(output).toContain(`config set ${project.name}:protectData false --stack production`);
  });

  it("is not destroyed by plain pulumi, which names what is protected", async () => {
    const args = ["destroy", "--yes", "--stack", "production"];
    expect(await refused(() => project.pulumi(args))).toMatch(/protect/);
  });

  it("goes down and comes back with its data", async () => {
    const data = (await parts()).filter((name) => /^volume .*_(pg|redis)data$/.test(name));
    expect(data).toHaveLength(2);
    const down = await project.tandem(["down", "production", "--confirm", "production"]);
    expect(down.exitCode, down.output).toBe(0);
    expect(await parts()).toEqual(data);
    const up = await project.tandem(["up", "production", "--yes"]);
    expect(up.exitCode, up.output).toBe(0);
    expect(await notes()).toContain(NOTE);
  });

  it("loses its data once protection is off, and its name is typed twice", async () => {
    project.configure("production", { protectData: false });
    const args = ["down", "production", "--confirm", "production", "--delete-data"];
    expect(await refused(() => project.tandem(args))).toContain("--yes-delete-data-of production");
    const down = await project.tandem([...args, "--yes-delete-data-of", "production"]);
    expect(down.exitCode, down.output).toBe(0);
    expect(await snapshot(project.name, "production")).toEqual({});
  });
});
