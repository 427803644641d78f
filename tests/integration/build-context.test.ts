// AppService with a folder instead of an image: built on the Docker host, built again when a file changes.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { contextHash } from "../../components/build-context.ts";
import { exec } from "../../provider/docker/containers.ts";
import { docker, removeLabelled, uniqueName } from "../support/docker.ts";
import { ROOT, TestProject } from "../support/project.ts";
import { containerOf } from "../support/snapshot.ts";

const system = uniqueName("build-");
const folder = mkdtempSync(join(tmpdir(), "tandem-build-"));
let project: TestProject;

const PROGRAM = `
import { AppService, Environment } from ${JSON.stringify(join(ROOT, "components/index.ts"))};
const env = new Environment("dev", { system: ${JSON.stringify(system)}, environment: "dev" });
new AppService("app", {
  env,
  image: { context: ${JSON.stringify(join(folder, "app"))}, tag: "${system}:dev" },
  command: ["sleep", "600"],
  health: { command: ["test", "-f", "/greeting"] },
  limits: { cpus: 0.2, memoryMb: 32, pids: 20 },
});
`;

async function pulumi(...args: string[]) {
  return await project.pulumi([...args, "--stack", "dev", "--cwd", folder]);
}

async function greeting(): Promise<string> {
  return (await exec(docker, await containerOf(system, "dev", "app"), ["cat", "/greeting"])).output;
}

beforeAll(async () => {
  project = await TestProject.create();
  const provider = JSON.stringify(join(ROOT, "provider"));
  writeFileSync(
    join(folder, "Pulumi.yaml"),
    `name: ${system}\nruntime: {name: nodejs, options: {typescript: false}}\nmain: index.ts\n` +
      `plugins: {providers: [{name: tandem, path: ${provider}}]}\n`,
  );
  writeFileSync(join(folder, "package.json"), '{"type": "module"}\n');
  writeFileSync(join(folder, "index.ts"), PROGRAM);
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  mkdirSync(join(folder, "app"));
  writeFileSync(
    join(folder, "app/Dockerfile"),
    `FROM redis:7.2.11-bookworm\nLABEL tandem.system=${system}\nCOPY greeting /greeting\nENTRYPOINT []\n`,
  );
  writeFileSync(join(folder, "app/greeting"), "hello");
  await project.pulumi(["stack", "select", "--create", "dev", "--cwd", folder]);
});

afterAll(async () => {
  await removeLabelled(`tandem.system=${system}`);
  const images = await docker.listImages({ filters: JSON.stringify({ label: [`tandem.system=${system}`] }) });
  for (const { Id } of images) await docker.getImage(Id).remove({ force: true });
  await project.remove();
  rmSync(folder, { recursive: true, force: true });
});

describe("a build context", () => {
  it("is built and run", async () => {
    const up = await pulumi("up", "--yes", "--skip-preview");
    expect(up.exitCode, up.output).toBe(0);
    expect(await greeting()).toBe("hello");
    const preview = await pulumi("preview", "--expect-no-changes");
    expect(preview.exitCode, preview.output).toBe(0);
  });

  it("is built again when a file changes, which the preview shows as a new container", async () => {
    writeFileSync(join(folder, "app/greeting"), "hello again");
    const preview = await pulumi("preview");
    expect(preview.output).toMatch(/docker:index:Container.*replace/);
    const up = await pulumi("up", "--yes", "--skip-preview");
    expect(up.exitCode, up.output).toBe(0);
    expect(await greeting()).toBe("hello again");
  });

  it("B2: is read piece by piece: also a file of more than 2 GiB", () => {
    const file = join(folder, "app/large");
    // A hole: it takes no room.
    writeFileSync(file, "");
    truncateSync(file, 2 ** 31 + 4096);
    expect(contextHash(join(folder, "app"))).toMatch(/^[0-9a-f]{64}$/);
    rmSync(file);
  });
});
