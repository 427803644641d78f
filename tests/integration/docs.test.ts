// The examples of docs/components.md on the real engine: each is previewed, the last one is brought up, and what other pages show
// is previewed below it.
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { appReference } from "../../setup/images/catalog.ts";
import { removeLabelled, uniqueName } from "../support/docker.ts";
import { freePort, type Outcome, ROOT, TestProject } from "../support/project.ts";
import { ask } from "../support/requests.ts";

const page = readFileSync(join(ROOT, "docs/components.md"), "utf8");
const examples = [...page.matchAll(/^## (\w+)$[\s\S]*?^```ts\n([\s\S]*?)^```/gm)].map(
  ([, name = "", code = ""]) => ({
    name,
    code,
  }),
);
/** Parts of other pages, as one would write them below what the last example begins with. */
const parts = ["deploys", "jobs"].flatMap((name) => {
  const text = readFileSync(join(ROOT, `docs/${name}.md`), "utf8");
  const found = [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)];
  return found.map(([, code = ""], index) => ({ name: `docs/${name}.md, ${index + 1}`, code }));
});
const begin = (examples.at(-1)?.code ?? "").replace(/^const app = [\s\S]*/m, "");
const system = uniqueName("docs-");
let project: TestProject;
let ports: { postgres: number; gateway: number };
const folders: string[] = [];

/** A project of the example's own, as a reader would make it; only names and ports are this test's. */
function exampleProject(code: string): string {
  const folder = mkdtempSync(join(tmpdir(), "tandem-docs-"));
  folders.push(folder);
  const program = code
    .replaceAll('from "tandem"', `from ${JSON.stringify(join(ROOT, "components/index.ts"))}`)
    .replaceAll('system: "shop"', `system: "${system}"`)
    .replaceAll("15433", String(ports.postgres))
    .replaceAll("18080", String(ports.gateway));
  const provider = join(ROOT, "provider");
  writeFileSync(
    join(folder, "Pulumi.yaml"),
    `name: ${system}\nruntime: {name: nodejs, options: {typescript: false}}\nmain: index.ts\n` +
      `plugins: {providers: [{name: tandem, path: ${JSON.stringify(provider)}}]}\n`,
  );
  writeFileSync(join(folder, "package.json"), '{"type": "module"}\n');
  writeFileSync(join(folder, "index.ts"), program);
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  return folder;
}

async function pulumi(folder: string, ...args: string[]): Promise<Outcome> {
  return await project.pulumi([...args, "--cwd", folder]);
}

beforeAll(async () => {
  project = await TestProject.create();
  ports = { postgres: await freePort(), gateway: await freePort() };
});

afterAll(async () => {
  await removeLabelled(`tandem.system=${system}`);
  await project.remove();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

describe("docs/components.md", () => {
  it("has an example for each component", () => {
    expect(examples.map(({ name }) => name)).toEqual([
      "Environment",
      "PgDatabase",
      "RedisInstance",
      "Gateway",
      "TunnelRoute",
      "ManagedServer",
      "SharedServers",
      "SharedEnvironment",
      "StatefulService",
      "AppService",
    ]);
  });

  it.each(examples)("$name: its example previews", async ({ code }) => {
    const folder = exampleProject(code);
    await pulumi(folder, "stack", "select", "--create", "docs");
    const preview = await pulumi(folder, "preview", "--stack", "docs");
    expect(preview.exitCode, preview.output).toBe(0);
    expect(preview.output).toContain("to create");
  });

  it.each(parts)("$name previews below it", async ({ code }) => {
    const own = code.replaceAll(/"registry\.example\.com\/[^"]+"/g, "image");
    const folder = exampleProject(
      `${begin.replace("AppService,", "AppService, Job, Release,")}const image = "${appReference()}";\n${own}`,
    );
    await pulumi(folder, "stack", "select", "--create", "docs");
    const preview = await pulumi(folder, "preview", "--stack", "docs");
    expect(preview.exitCode, preview.output).toBe(0);
    expect(preview.output).toMatch(/tandem:index:(Release|AppService|Job)\b/);
  });

  it("the last example comes up, answers, and goes", async () => {
    const folder = exampleProject(examples.at(-1)?.code ?? "");
    const up = await pulumi(folder, "up", "--yes", "--skip-preview", "--stack", "docs");
    expect(up.exitCode, up.output).toBe(0);
    expect((await ask(ports.gateway, "staging.shop.localhost", "/ready")).status).toBe(200);
    const down = await pulumi(folder, "destroy", "--yes", "--skip-preview", "--stack", "docs");
    expect(down.exitCode, down.output).toBe(0);
  });
});
