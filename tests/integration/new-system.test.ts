// `tandem new` in a copy of the checkout: the folder that it makes comes up, answers and goes, with nothing else written.
// The copy is another version of the package, and shares the cache with this one.
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bundlesFolder } from "../../setup/bundles.ts";
import { installedEngineDirectory } from "../../setup/engine-location.ts";
import { resolvePaths } from "../../setup/paths.ts";
import { docker, removeLabelled, uniqueName } from "../support/docker.ts";
import { freePort, ROOT } from "../support/project.ts";
import { ask } from "../support/requests.ts";
import { schemaErrors } from "../support/workflows.ts";

const name = uniqueName("sixth-");
const checkout = mkdtempSync(join(tmpdir(), "tandem-checkout-"));
const home = mkdtempSync(join(tmpdir(), "tandem-home-"));

/** Folder of the copy's bundles. */
const made: string[] = [];

/** Folders of the checkout that are no part of it. */
const LEFT_OUT = /(^|\/)(node_modules|\.git)$/;

/** Of a checkout that shares its git folder with the real one: git must not note down anything about it. */
const variables = { TANDEM_HOME: home, NO_COLOR: "1", GIT_OPTIONAL_LOCKS: "0" };

async function tandem(...args: string[]): Promise<string> {
  const own = ["PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"];
  const { all, exitCode } = await execa(join(checkout, "tandem"), args, {
    all: true,
    reject: false,
    stdin: "ignore",
    env: { ...Object.fromEntries(own.map((key) => [key, undefined])), ...variables },
  });
  expect(exitCode, all).toBe(0);
  return all;
}

/** Identity of every file that an engine runs which this version of the package has started. */
function engineFiles(): Record<string, string> {
  const paths = resolvePaths();
  const folders = [bundlesFolder(paths), installedEngineDirectory(paths), join(paths.pulumiHome, "plugins")];
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.endsWith(".lock"))
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  return Object.fromEntries(
    files.map((file) => [file, `${statSync(file).ino} ${statSync(file).mtimeMs} ${statSync(file).size}`]),
  );
}

beforeAll(() => {
  cpSync(ROOT, checkout, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (source) => !LEFT_OUT.test(relative(ROOT, source)),
  });
  symlinkSync(join(ROOT, "node_modules"), join(checkout, "node_modules"));
  // Outside git the example app would be another one: it would be built anew, and its tag move under other runs.
  if (existsSync(join(ROOT, ".git"))) symlinkSync(join(ROOT, ".git"), join(checkout, ".git"));
  appendFileSync(join(checkout, "provider/main.ts"), "// Another version.\n");
});

afterAll(async () => {
  await removeLabelled(`tandem.system=${name}`);
  for (const folder of [checkout, home, ...made]) rmSync(folder, { recursive: true, force: true });
});

it("a sixth system is a folder from the template, comes up, answers and goes", async () => {
  const told = await tandem("new", name);
  expect(told).toContain(`tandem up --system ${name} staging`);
  expect(told).toContain(`:\n  .github/workflows/${name}.yml`);
  expect(await schemaErrors(`${name}.yml`, checkout)).toEqual([]);
  const file = join(checkout, "stacks", name, "Pulumi.staging.yaml");
  // Somebody may use the template's ports on this machine.
  const port = await freePort();
  const postgres = await freePort();
  const text = readFileSync(file, "utf8");
  const moved = text
    .replace(/hostPort: \d+/, `hostPort: ${port}`)
    .replace(/postgresPort: \d+/, `postgresPort: ${postgres}`);
  expect(moved).not.toBe(text);
  writeFileSync(file, moved);

  const before = engineFiles();
  await tandem("up", "--system", name, "staging", "--yes");
  expect(engineFiles()).toEqual(before);
  made.push(/TANDEM_BUNDLES='(.+)'/.exec(await tandem("env"))?.[1] ?? "");
  expect(made).not.toContain(bundlesFolder(resolvePaths()));
  expect(readdirSync(made[0] ?? "")).toContain("pulumi-resource-tandem");
  const ready = await ask(port, `staging-${name}.localhost`, "/ready");
  expect(ready.status, ready.text).toBe(200);

  await tandem("down", "--system", name, "staging", "--yes");
  const filters = JSON.stringify({ label: [`tandem.system=${name}`] });
  expect(await docker.listContainers({ all: true, filters })).toEqual([]);
  expect(await docker.listNetworks({ filters })).toEqual([]);
});
