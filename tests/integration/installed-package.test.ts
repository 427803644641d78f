// The npm package in repositories of somebody's: installed from its archive, with the commands of the README. In the long
// form with other package managers, with Node 22, and with programs in JavaScript of both kinds.
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { docker, uniqueName } from "../support/docker.ts";
import { SOAK } from "../support/long-form.ts";
import { runsBesideOwnContainers, succeed } from "../support/own-program.ts";
import { ROOT } from "../support/project.ts";
import { ask } from "../support/requests.ts";
import { pack, UserRepository } from "../support/user-repository.ts";
import { broughtUp, schemaErrors, workflowFiles } from "../support/workflows.ts";

const base = mkdtempSync(join(tmpdir(), "tandem-package-"));
const repositories: UserRepository[] = [];
let archive: string;

beforeAll(async () => {
  archive = await pack(base);
});

afterAll(async () => {
  for (const repository of repositories) await repository.remove();
  rmSync(base, { recursive: true, force: true });
});

function repository(...bin: string[]): UserRepository {
  const made = new UserRepository(...bin);
  repositories.push(made);
  return made;
}

/** The commands of the README for a repository of one's own, without their remarks. */
function readmeCommands(): string[] {
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  const block = /^## In a repository of your own$[\s\S]*?^```sh\n([\s\S]*?)^```/m.exec(readme)?.[1] ?? "";
  return block.split("\n").flatMap((line) => line.replace(/\s+#.*$/, "") || []);
}

/**
 * Brings staging up, and takes it down again: it answers, plain Pulumi finds nothing to do, and no file changes.
 *
 * @param up the command
 * @param meanwhile what else is tried while it is up
 */
async function comesUpAndGoes(
  user: UserRepository,
  up = "npx tandem up",
  meanwhile = async () => {},
): Promise<void> {
  const port = await user.freePorts();
  const before = user.read("infra/Pulumi.staging.yaml");
  const { output, exitCode } = await user.run(up);
  expect(exitCode, output).toBe(0);
  expect(output).toContain(`staging of ${user.name}: 4 containers`);
  const ready = await ask(port, `staging-${user.name}.localhost`, "/ready");
  expect(ready.status, ready.text).toBe(200);
  expect(user.read("infra/Pulumi.staging.yaml")).toBe(before);

  const plain =
    'eval "$(npx tandem env)"; pulumi preview --stack staging --expect-no-changes --non-interactive';
  expect(await succeed(user, plain, "infra")).toMatch(/\d+ unchanged/);
  await meanwhile();
  await succeed(user, "npx tandem down staging --yes");
  const filters = JSON.stringify({ label: [`tandem.system=${user.name}`] });
  expect(await docker.listContainers({ all: true, filters })).toEqual([]);
}

/** Plain Pulumi with a folder of plugins of its own, and a project that names no folder of the provider. */
async function previewsWithInstalledPlugin(user: UserRepository): Promise<void> {
  const made = await execa("npm", ["run", "--silent", "plugin-archive", base], { cwd: ROOT });
  const project = user.read("infra/Pulumi.yaml");
  user.write("infra/Pulumi.yaml", project.replace(/^plugins:\n(?: .*\n)+/m, ""));
  expect(user.read("infra/Pulumi.yaml")).not.toContain("provider");
  const preview = [
    'eval "$(npx tandem env)"',
    'mkdir -p ../own/plugins && cp -R "$PULUMI_HOME"/plugins/resource-* ../own/plugins && export PULUMI_HOME="$PWD/../own"',
    `pulumi plugin install resource tandem ${manifest.version} --file ${made.stdout.trim()}`,
    "pulumi preview --stack staging --expect-no-changes --non-interactive",
    "pulumi plugin ls",
  ];
  expect(await succeed(user, preview.join("; "), "infra")).toMatch(
    new RegExp(`^tandem +resource +${manifest.version} `, "m"),
  );
  user.write("infra/Pulumi.yaml", project);
}

/** `pulumi new` of the package's template, offline; then plain Pulumi previews what it made. */
async function previewsWhatPulumiNewMakes(user: UserRepository): Promise<void> {
  const name = uniqueName("new-");
  const make = `pulumi new ../node_modules/tandem/dist/template --generate-only --offline --yes --name ${name}`;
  await succeed(user, `eval "$(npx tandem env)"; mkdir deploy; cd deploy; ${make}`);
  await user.freePorts("deploy");
  for (const file of ["Pulumi.yaml", "Pulumi.staging.yaml", "topology.ts"]) {
    expect(user.read(`deploy/${file}`)).toContain(name);
  }
  const preview =
    "pulumi stack init staging; pulumi preview --non-interactive; pulumi stack rm --yes staging";
  const told = await succeed(user, `eval "$(npx tandem env)"; ${preview}`, "deploy");
  expect(told).toMatch(/docker:index:Container +gateway +create/);
  await succeed(user, "rm -r deploy");
}

/** The workflows that `init` made: by GitHub's parser, and one job of theirs as a runner runs it. */
async function changesByItsWorkflows(user: UserRepository): Promise<void> {
  for (const file of workflowFiles(user.folder)) {
    expect(await schemaErrors(file, user.folder), file).toEqual([]);
  }
  expect(broughtUp("refs/heads/develop", user.folder)).toEqual([`${user.name} staging`]);
  const drift = ".github/workflows/tandem-drift.yml";
  expect(await succeed(user, `rm ${drift}; npx tandem workflows`)).toContain(`:\n  ${drift}`);
  expect(await succeed(user, "npx tandem workflows")).toBe("all workflows are there");
  await user.push();
  // A rollback to what serves leaves the stack file as it is: this stands for what one to another image writes there.
  const [settings, topology] = ["infra/Pulumi.staging.yaml", "infra/topology.ts"];
  for (const path of [settings, topology]) user.write(path, user.read(path).replace(/^.*/, "$& Changed."));
  const byHand = (action: string, stack: string, version = "") =>
    user.runJob(`${user.name}.yml`, "refs/heads/develop", { action, stack, version });
  const { exitCode, output, summary } = await byHand("rollback", "staging", "1");
  expect(exitCode, output).toBe(0);
  expect(summary).toMatch(/^### rollback staging: done$/m);
  expect(summary).toMatch(/ tandem-example:\S+ .*succeeded/);
  const last = await succeed(user, "git log -1 --format='%an: %s' --name-only origin/develop");
  expect(last).toBe(`ann: rollback ${user.name} staging\n\n${settings}`);
  // npm made nothing else than what the lock file names.
  expect(await succeed(user, "git status --porcelain")).toBe(` M ${topology}`);
  const elsewhere = await byHand("up", "production");
  expect(elsewhere.exitCode).toBe(2);
  expect(elsewhere.output).toContain("runs from refs/heads/main, not from refs/heads/develop");
}

/** Starts a plugin as the engine does. @returns what it says first: its port */
async function firstWord(user: UserRepository, file: string): Promise<string> {
  const plugin = execa(join(user.folder, file), ["127.0.0.1:1", "."], {
    env: { TANDEM_BUNDLES: undefined },
    reject: false,
    all: true,
  });
  const [word] = (await once(plugin.all, "data")) as [Buffer];
  plugin.kill();
  await plugin;
  return word.toString();
}

describe("an empty repository", { timeout: 600_000 }, () => {
  it("has staging by the commands of the README, and plain Pulumi works in it", async () => {
    const commands = readmeCommands();
    expect(commands.map((line) => line.split(" ").slice(0, 3).join(" "))).toEqual([
      "npm install --save-dev",
      "npx tandem init",
      "npx tandem up",
    ]);
    const user = repository();
    const [install = "", init = "", up = ""] = commands;
    await succeed(user, install.replace(/\S+\.tgz/, archive));
    const told = await succeed(user, init);
    expect(told).toContain(`infra is the system ${user.name}`);
    // The command that it names next is the README's, with the environment.
    expect(told).toContain(`\n  ${up} staging\n`);
    const again = await user.run(init);
    expect(again.exitCode).toBe(2);
    await comesUpAndGoes(user, up, async () => {
      await previewsWithInstalledPlugin(user);
      await previewsWhatPulumiNewMakes(user);
      await changesByItsWorkflows(user);
    });

    // What others may write is not run.
    await succeed(user, "mkdir cache && chmod 777 cache");
    const unsafe = await user.run("TANDEM_CACHE=cache npx tandem status");
    expect(unsafe).toMatchObject({ exitCode: 2, output: expect.stringContaining("others can write") });

    // Plain Pulumi with an environment of its own knows of no bundles but the package's.
    for (const plugin of ["provider/pulumi-resource-tandem", "dist/policies/pulumi-analyzer-tandem"]) {
      expect(await firstWord(user, `node_modules/tandem/${plugin}`), plugin).toMatch(/^\d+\n$/);
    }

    // Programs of both kinds load all of it.
    const names = ["tandem", "tandem/settings", "tandem/system", "tandem/testing"];
    const load = names.map((name) => `typeof require("${name}")`).join(", ");
    expect(await succeed(user, `node -p '[${load}].join()'`)).toBe("object,object,object,object");

    // Another one beside it, on ports of its own; with two, a command says which.
    const added = await succeed(user, "npx tandem new book-club");
    expect(added).toContain("\n  .github/workflows/book-club.yml\nThese now name all systems:\n");
    const bare = await succeed(user, "npx tandem init bare --name bare --no-workflows; rm -r bare");
    expect(bare).not.toContain("GitHub");
    const several = await user.run("npx tandem status");
    expect(several.output).toContain("there are several systems: book-club, infra");
    expect(await succeed(user, "npx tandem status --system book-club")).toContain("staging");
    await succeed(user, `node ${join(ROOT, "node_modules/typescript/bin/tsc")} --project infra`);
  });

  it("runs components beside a program's own containers, with its providers and outputs", async () => {
    const [user] = repositories;
    if (user === undefined) throw new Error("nothing is installed");
    await runsBesideOwnContainers(user);
  });
});

/** Puts packages of the npm registry beside the test. @returns the folder of their commands */
async function tools(...packages: string[]): Promise<string> {
  const folder = mkdtempSync(join(base, "tools-"));
  await execa("npm", [
    "install",
    "--prefix",
    folder,
    "--prefer-offline",
    "--no-audit",
    "--no-fund",
    ...packages,
  ]);
  return join(folder, "node_modules/.bin");
}

/** Writes the system's TypeScript as JavaScript of a kind, as somebody's compiler does. */
function inJavaScript(user: UserRepository, type: "commonjs" | "module"): void {
  const folder = join(user.folder, "infra");
  const module = type === "module" ? ts.ModuleKind.ESNext : ts.ModuleKind.CommonJS;
  const options = { module, target: ts.ScriptTarget.ES2023, rewriteRelativeImportExtensions: true };
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".ts"))) {
    const { outputText } = ts.transpileModule(user.read(`infra/${file}`), { compilerOptions: options });
    // What Pulumi calls in a CommonJS program is the module itself.
    const program =
      type === "module" ? outputText : outputText.replace(/^exports\.default = /m, "module.exports = ");
    user.write(`infra/${file.replace(/ts$/, "js")}`, program);
    rmSync(join(folder, file));
  }
  user.write("infra/package.json", JSON.stringify({ private: true, type }));
  user.write("infra/Pulumi.yaml", user.read("infra/Pulumi.yaml").replace("main: main.ts", "main: main.js"));
}

describe.runIf(SOAK)("the long form", { timeout: 900_000 }, () => {
  it.each([
    ["pnpm@10", "pnpm add --save-dev"],
    ["yarn@1", "yarn add --dev"],
  ])("with %s, which is told what else to install", async (manager, add) => {
    const user = repository(await tools(manager));
    user.write("package.json", '{ "private": true, "type": "module" }\n');
    await succeed(user, `${add} file:${archive}`);
    const told = await succeed(user, "npx tandem init");
    const install = told.split("\n").find((line) => line.trim().startsWith(add));
    expect(install, told).toContain("@pulumi/pulumi@");
    await succeed(user, install ?? "");
    await comesUpAndGoes(user);
  });

  it.each([
    ["22", "commonjs"],
    ["22", "module"],
    ["24", "commonjs"],
    ["24", "module"],
  ] as const)("with Node %s and a %s program in JavaScript", async (node, type) => {
    const bin = node === "24" ? dirname(process.execPath) : await tools(`node@${node}`);
    const user = repository(bin);
    expect(await succeed(user, "node --version")).toMatch(new RegExp(`^v${node}\\.`));
    user.write("package.json", JSON.stringify({ name: user.name, private: true, type }));
    await succeed(user, `npm install --save-dev ${archive}`);
    await succeed(user, "npx tandem init");
    inJavaScript(user, type);
    await comesUpAndGoes(user);
  });

  it("an update to the next version replaces nothing, and uses nothing of the one before", async () => {
    const user = repository();
    await succeed(user, `npm install --save-dev ${archive} && npx tandem init`);
    await user.freePorts();
    await succeed(user, "npx tandem up");
    const bundles = async () => /TANDEM_BUNDLES='(.+)'/.exec(await succeed(user, "npx tandem env"))?.[1];
    const before = await bundles();
    const next = await pack(base, { version: "0.2.0", line: 'process.env.TANDEM_NEXT = "1";' });
    await succeed(user, `npm install --save-dev ${next}`);
    await succeed(user, "npx tandem preview staging --expect-no-changes");
    const made = await bundles();
    expect(made).not.toBe(before);
    const program = readFileSync(join(made ?? "", "pulumi-resource-tandem"), "utf8");
    expect(program).toContain("TANDEM_NEXT");
    rmSync(made ?? "", { recursive: true });
    await succeed(user, "npx tandem down staging --yes");
  });

  it("an older Node is told which one it takes", async () => {
    const user = repository(await tools("node@20"));
    const { exitCode, output } = await user.run(`npm install --save-dev ${archive} && npx tandem up`);
    expect(exitCode, output).toBe(2);
    expect(output).toContain("tandem: needs Node 22.18, 24 or newer, and this is 20.");
  });
});
