// docs/extending.md, replayed in a copy of the checkout: each change applies, touches no more files than may be, and works.
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../support/project.ts";

/** Most files that a person adds or edits for one, tests and docs among them. */
const MOST = { component: 7, resource: 3, setting: 1, variable: 1, command: 1 } as const;
type Kind = keyof typeof MOST;
const kinds = Object.keys(MOST) as Kind[];

const page = readFileSync(join(ROOT, "docs/extending.md"), "utf8");
const sections = page.split(/^## /m).slice(1);
const copy = mkdtempSync(join(tmpdir(), "tandem-extending-"));

/** A section's text, and its change. */
function sectionOf(kind: Kind): { text: string; diff: string } {
  const section = sections.find((one) => one.startsWith(`A ${kind}\n`)) ?? "";
  const [, text = "", diff = ""] = /^(.*?)^```diff\n(.*?)^```/ms.exec(section) ?? [];
  return { text, diff };
}

const filesOf = (kind: Kind) =>
  [...sectionOf(kind).diff.matchAll(/^diff --git a\/\S+ b\/(\S+)$/gm)].map(([, file = ""]) => file);

/** Runs a program of the copy. @returns how it ended */
async function run(...args: string[]): Promise<{ exitCode: number | undefined; output: string }> {
  const { exitCode, all } = await execa(process.execPath, args, {
    cwd: copy,
    // Not this run's own: the other one has a place of its own.
    env: { VITEST: undefined, VITEST_POOL_ID: undefined, VITEST_WORKER_ID: undefined, NO_COLOR: "1" },
    all: true,
    reject: false,
  });
  return { exitCode, output: all };
}

/** What an expression comes to in the copy, where `load` imports a file of it. */
async function evaluate(expression: string): Promise<unknown> {
  const code = `const load = (file) => import(${JSON.stringify(`${copy}/`)} + file);
    process.stdout.write(JSON.stringify(await (async () => ${expression})()));`;
  const { exitCode, output } = await run(
    "--disable-warning=ExperimentalWarning",
    "--input-type=module",
    "-e",
    code,
  );
  expect(exitCode, output).toBe(0);
  return JSON.parse(output);
}

/** What the check says of staging of The Oracle; the file is another text's then, where one is given. */
const staging = (what: string, ...added: string[]) =>
  evaluate(`load("infra/check/index.ts").then(async ({ readStack }) => {
    const { appendFileSync, readFileSync, writeFileSync } = await import("node:fs");
    const text = readFileSync("Pulumi.staging.yaml", "utf8");
    const found = [];
    for (const added of ${JSON.stringify(added.length === 0 ? [""] : added)}) {
      appendFileSync("Pulumi.staging.yaml", added);
      const checked = await readStack({ projectDir: process.cwd(), stack: "staging", deep: false });
      writeFileSync("Pulumi.staging.yaml", text);
      found.push(${what});
    }
    return found;
  })`);

beforeAll(async () => {
  const left = new Set(["node_modules", ".git", "dist"]);
  cpSync(ROOT, copy, { recursive: true, filter: (path) => !left.has(basename(path)) });
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
  for (const kind of kinds) {
    // No repository is above the copy: a change that doesn't fit any more is an error.
    const { diff } = sectionOf(kind);
    await execa("git", ["apply", "-"], {
      cwd: copy,
      input: diff,
      env: { GIT_CEILING_DIRECTORIES: tmpdir() },
    });
  }
  // What the page says to run afterwards.
  expect(await run("setup/package/reference.ts")).toMatchObject({ exitCode: 0 });
  const projects = globSync("{.,docs/template,stacks/*}/Pulumi.yaml", { cwd: copy }).map(dirname);
  expect(projects.length).toBeGreaterThan(5);
  for (const project of projects)
    expect(await run("ops/cli.ts", "--project", project, "config", "schema", "--write")).toMatchObject({
      exitCode: 0,
    });
});

afterAll(() => rmSync(copy, { recursive: true, force: true }));

describe("the changes of docs/extending.md", () => {
  it.each(kinds)("a %s: few files, each with its reason", (kind) => {
    const files = filesOf(kind);
    expect(files.length).toBeGreaterThan(0);
    expect(files.length).toBeLessThanOrEqual(MOST[kind]);
    for (const file of files) expect(sectionOf(kind).text).toContain(`\`${file}\``);
  });

  it("have the form and the types of the rest", async () => {
    const files = kinds.flatMap(filesOf).filter((file) => file.endsWith(".ts"));
    const biome = await run(
      "node_modules/@biomejs/biome/bin/biome",
      "check",
      "--vcs-enabled=false",
      ...files,
    );
    expect(biome.exitCode, biome.output).toBe(0);
    // What they touch and what it touches, which takes half the time of everything.
    const users = ["stacks/*/settings.ts", "docs/template/settings.ts"];
    const config = { extends: "./tsconfig.json", files, include: users };
    writeFileSync(join(copy, "tsconfig.touched.json"), JSON.stringify(config));
    const types = await run("node_modules/typescript/bin/tsc", "--noEmit", "-p", "tsconfig.touched.json");
    expect(types.exitCode, types.output).toBe(0);
  });

  it("pass the tests that hold every component, resource and setting", async () => {
    const names = [
      ...["components/memcached-pair", "provider/provider", "lib/rooms", "lib/admin-sql/doors"],
      ...["stacks/structure", "stacks/oracle", "docs/template"],
    ];
    const tests = await run("node_modules/vitest/vitest.mjs", "run", "--project", "unit", ...names);
    expect(tests.exitCode, tests.output).toBe(0);
    expect(tests.output).toMatch(/Test Files {2}7 passed/);
    expect(readFileSync(join(copy, "docs/reference.md"), "utf8")).toContain("### MemcachedPair\n");
  });

  it("a resource: is made on a host that is new enough, and refuses another one at preview", async () => {
    const [made, refused] = (await evaluate(`
      Promise.all([load("provider/provider.ts"), load("provider/docker/docker-host.ts")]).then(([{ tandemProvider }, { DockerHost }]) => {
        const { create, preview } = tandemProvider.resources["tandem:docker:EngineVersion"];
        const ctx = { client: new DockerHost() };
        return Promise.all([
          create({ inputs: { least: "1.9" } }, ctx),
          preview({ inputs: { least: "999.1" } }, ctx).catch(({ message }) => message),
        ]);
      })`)) as [unknown, string];
    expect(made).toMatchObject({ outputs: { version: expect.stringMatching(/^\d/) } });
    expect(refused).toMatch(/^Docker at \S+ is \d.*, and 999\.1 or newer is needed/);
  });

  it("a setting: is read, and refused where it is wrong or an image breaks its rule", async () => {
    const given = ["[docker.io]", "[https://docker.io]", "[ghcr.io]"];
    const [fine, wrong, others] = (await staging(
      "checked.problems.map(({ key, kind, fix }) => [key, kind, fix])",
      ...given.map((value) => `  oracle:imageRegistries: ${value}\n`),
    )) as [string, string, string][][];
    expect(fine).toEqual([]);
    expect(wrong?.map(([key]) => key)).toEqual(["oracle:imageRegistries[0]"]);
    expect(others?.map(([key, kind]) => `${key} ${kind}`).toSorted()).toEqual(
      ["gatewayImage", "image", "postgresImage", "redisImage"].map((key) => `oracle:${key} other-registry`),
    );
    for (const [, , fix] of others ?? [])
      expect(fix).toBe("pulumi config set --path 'oracle:imageRegistries[1]' docker.io --stack staging");
  });

  it("a variable: reaches the settings of its service", async () => {
    expect(await staging("[checked.problems, checked.settings.environment]")).toEqual([
      [[], { app: { FEATURE_X: "on" } }],
    ]);
  });

  it("a command: stands in --help, and runs", async () => {
    const help = await run("ops/cli.ts", "--help");
    expect(help.output).toMatch(/^ {2}hosts .* show which Docker host each environment is on$/m);
    const hosts = await run("ops/cli.ts", "--project", join(copy, "stacks/lugh"), "hosts", "--json");
    expect(JSON.parse(hosts.output)).toEqual(
      expect.arrayContaining([{ environment: "staging", dockerHost: expect.any(String) }]),
    );
  });
});
