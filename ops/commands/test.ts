// `tandem test`: every check there is, or one kind; ends with a line `N passed, N failed`.
import { existsSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { engineVariables } from "../../setup/engine-env.ts";
import { locateEngine } from "../../setup/engine-location.ts";
import { findOnPath } from "../../setup/executables.ts";
import { isInstalled, packageRoot, resolvePaths } from "../../setup/paths.ts";
import { hashOf, readStamp, writeStamp } from "../../setup/stamps.ts";
import { UserError } from "../engine/errors.ts";
import { prepareMachine } from "../engine/prepare.ts";
import { appFolder, check, sum, type Tally, vitest } from "./checks.ts";
import type { AddCommand } from "./command-line.ts";
import { renderRows } from "./system-rows.ts";
import { renderFailures } from "./test-failures.ts";

/** Kinds of tests; without one, all run, the attacks in their small form. The soak is all in its long form. */
export const testKinds = ["unit", "integration", "faults", "attacks", "soak"] as const;
const KINDS = `kinds: ${testKinds.join(", ")}`;

const bin = (name: string) => join(packageRoot, "node_modules", ".bin", name);

async function staticChecks(): Promise<Tally[]> {
  return [
    await check("lint and format (biome)", bin("biome"), ["check", "."]),
    // What was checked before is not checked again: a third of the time of a quick run.
    await check("types (tsc)", bin("tsc"), [
      "--noEmit",
      "--incremental",
      "--tsBuildInfoFile",
      join(resolvePaths().cache, "tsc", `${hashOf(packageRoot)}.tsbuildinfo`),
    ]),
  ];
}

/** The provider that is built from Go; only a machine with Go can check it, and has it compiled by then. */
async function goChecks(): Promise<Tally[]> {
  if (findOnPath("go", process.env).length === 0) return [];
  const cwd = join(packageRoot, "standins/docker-provider");
  const env = { CGO_ENABLED: "0", GOFLAGS: "", GOWORK: "off" };
  return [
    await check("docker provider (go vet)", "go", ["vet", "-trimpath", "-tags", "no_compose", "."], {
      cwd,
      env,
    }),
  ];
}

/** The example app is a package of its own, with its own dependencies. */
async function appChecks(): Promise<Tally[]> {
  if (!existsSync(join(appFolder, "package.json"))) return [];
  const lock = readFileSync(join(appFolder, "package-lock.json"), "utf8");
  const stamp = join(appFolder, "node_modules", ".tandem-package-lock.json");
  const tallies: Tally[] = [];
  if (readStamp(stamp) !== lock.trim()) {
    tallies.push(
      await check(
        "dependencies of the example app (npm ci)",
        "sh",
        // From npm's cache where that is young enough for the lock file.
        [
          "-c",
          'npm ci --prefer-offline "$@" || npm ci "$@"',
          "npm",
          "--ignore-scripts",
          "--no-audit",
          "--no-fund",
        ],
        {
          cwd: appFolder,
        },
      ),
    );
    if (tallies[0]?.failed !== 0) return tallies;
    writeStamp(stamp, lock.trim());
  }
  const tsc = join(appFolder, "node_modules", ".bin", "tsc");
  tallies.push(await check("types of the example app (tsc)", tsc, ["--noEmit"], { cwd: appFolder }));
  tallies.push(await vitest([], { cwd: appFolder }));
  return tallies;
}

/** Vitest's projects of kinds: of their files some run side by side, some alone; vitest.config.ts knows which. */
const projectsOf = (...kinds: ("integration" | "faults" | "attacks")[]) =>
  kinds.flatMap((kind) => ["--project", `${kind}*`]);

/** The engine for tests that call it themselves; its state and passphrase are each test's own affair. */
function enginePath(): Record<string, string> {
  const paths = resolvePaths();
  const engine = locateEngine(paths);
  const path = engine && engineVariables(paths, engine).PATH;
  return path === undefined ? {} : { PATH: path };
}

async function allChecks(soak: Record<string, string>): Promise<Tally[]> {
  await prepareMachine({ forTests: true });
  const env = { ...enginePath(), ...soak };
  return [
    ...(await staticChecks()),
    ...(await goChecks()),
    await vitest(["--project", "unit"], { env }),
    ...(await appChecks()),
    // In one run: two would each wait for their last file with a core at rest.
    await vitest(projectsOf("integration", "faults", "attacks"), { env }),
  ];
}

/** The tests of one file or folder. */
async function testsOf(path: string, name: string | undefined): Promise<Tally[]> {
  const file = resolve(process.cwd(), path);
  if (!existsSync(file)) {
    throw new UserError(`there are no tests of kind "${path}", nor a file or folder of that name`, KINDS, 2);
  }
  const inPackage = relative(packageRoot, file);
  const env = inPackage.startsWith("tests") ? enginePath() : {};
  if (inPackage.startsWith("tests")) await prepareMachine({ forTests: true });
  const named = name === undefined ? [] : ["--testNamePattern", name];
  const tally = await vitest([...named, inPackage], { env });
  if (tally.passed + tally.failed > 0) return [tally];
  throw new UserError(
    `no test in ${inPackage} has "${name}" in its name`,
    "look at its names, or leave -t out",
    2,
  );
}

async function run(kind: string | undefined, name: string | undefined): Promise<Tally[]> {
  switch (kind) {
    case undefined:
      return await allChecks({});
    case "soak":
      return await allChecks({ TANDEM_SOAK: "1" });
    case "unit":
      // Side by side: what is quick should be quick.
      return (await Promise.all([staticChecks(), vitest(["--project", "unit"])])).flat();
    case "integration":
    case "faults":
      await prepareMachine({ forTests: true });
      return [await vitest(projectsOf(kind), { env: enginePath() })];
    case "attacks":
      await prepareMachine({ forTests: true });
      return [await vitest(projectsOf("attacks"), { env: { ...enginePath(), TANDEM_ATTACKS: "full" } })];
    default:
      return await testsOf(kind, name);
  }
}

/**
 * Runs the command.
 *
 * @param kind one of testKinds, or the path of a file or folder; everything without it
 * @param name with a path: only tests with this in their names
 * @returns the exit code: 1 when anything failed.
 * @throws UserError where there is no such kind, file or folder
 */
export async function test(kind: string | undefined, name?: string): Promise<number> {
  if (name !== undefined && (kind === undefined || testKinds.some((known) => known === kind))) {
    throw new UserError(
      "-t narrows the tests of one file or folder",
      "name it: ./tandem test <path> -t <name>",
      2,
    );
  }
  const { passed, failed, skipped, rows, failures } = sum(await run(kind, name));
  if (rows.length > 0) process.stdout.write(`\n${renderRows(rows)}\n\n`);
  if (failures.length > 0) process.stdout.write(`${renderFailures(failures)}\n\n`);
  if (skipped > 0) process.stdout.write(`${skipped} skipped\n`);
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
}

/** Adds the command. */
export const command: AddCommand = (program) => {
  // The package brings no tests.
  if (isInstalled) return;
  program
    .command("test")
    .description("run every test, or one kind (unit, integration, faults, attacks, soak), file or folder")
    .argument("[what]", "kind of tests, or path of a test file or folder")
    .option("-t, --name <part>", "with a path: only tests with this in their names")
    .action(async (what: string | undefined, { name }: { name?: string }) => {
      process.exitCode = await test(what, name);
    });
};
