// Times a preview that has nothing to do: The Oracle beside an empty Pulumi program, in one run.
//
//   node bench/preview.ts [rounds]        default 7; needs a machine that `./tandem setup` has prepared
//
// It ends with exit code 1 where The Oracle is beyond the limits of limits.ts.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT, TestProject } from "../tests/support/project.ts";
import { beyondLimits, CASES } from "./limits.ts";
import { type Figure, figure, writeResult } from "./results.ts";

/**
 * The program of `pulumi new typescript`, and as its compiler would write it. One export is added: the compiler leaves
 * an import out that nothing uses, and then the two would measure a program without the SDK.
 */
const EMPTY_TS = 'import * as pulumi from "@pulumi/pulumi";\n\nexport const stack = pulumi.getStack();\n';
const EMPTY_JS =
  '"use strict";\nconst pulumi = require("@pulumi/pulumi");\nexports.stack = pulumi.getStack();\n';
/** The template's own compiler settings. */
const TSCONFIG = {
  compilerOptions: {
    strict: true,
    outDir: "bin",
    target: "es2020",
    module: "commonjs",
    moduleResolution: "node",
    sourceMap: true,
    experimentalDecorators: true,
    forceConsistentCasingInFileNames: true,
    ignoreDeprecations: "6.0",
  },
  files: ["index.ts"],
};

const PACK = join(ROOT, "policies/pulumi-analyzer-tandem");

interface Case {
  name: string;
  run(): Promise<number>;
}

function emptyProgram(nodeModules: string, language: "js" | "ts"): string {
  const folder = join(mkdtempSync(join(tmpdir(), "tandem-bench-")), "empty");
  mkdirSync(folder);
  writeFileSync(
    join(folder, "Pulumi.yaml"),
    `name: empty-${language}\nruntime:\n  name: nodejs\n  options: {typescript: ${language === "ts"}}\n`,
  );
  writeFileSync(join(folder, "package.json"), `{"name":"empty","main":"index.${language}"}\n`);
  writeFileSync(join(folder, `index.${language}`), language === "ts" ? EMPTY_TS : EMPTY_JS);
  if (language === "ts") writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(TSCONFIG));
  symlinkSync(nodeModules, join(folder, "node_modules"));
  return folder;
}

type Environment = Record<string, string | undefined>;
/** As Pulumi's own language host starts a program: without the compile cache and the deferred modules of ours. */
const PLAIN: Environment = { NODE_COMPILE_CACHE: undefined, TANDEM_EAGER_MODULES: "1" };
/** ts-node keeps what it compiled of an unchanged source; without, it type-checks, as after each change. */
const CHECKED: Environment = { ...PLAIN, TS_NODE_CACHE: "false" };

async function timedPreview(
  folder: string,
  stack: string,
  environment: Environment = {},
  flags: readonly string[] = [],
): Promise<number> {
  const args = ["preview", "--stack", stack, "--expect-no-changes", "--cwd", folder, ...flags];
  const result = await project.pulumi(args, environment);
  if (result.exitCode !== 0) throw new Error(result.output);
  return result.seconds;
}

const rounds = Number(process.argv[2] ?? 7);
const project = await TestProject.create();
const modules = join(ROOT, "node_modules");
const empty = { js: emptyProgram(modules, "js"), ts: emptyProgram(modules, "ts") };
try {
  for (const folder of Object.values(empty)) {
    const made = await project.pulumi(["up", "--yes", "--skip-preview", "--stack", "dev", "--cwd", folder]);
    if (made.exitCode === 0) continue;
    await project.pulumi(["stack", "init", "dev", "--cwd", folder]);
    const again = await project.pulumi(["up", "--yes", "--skip-preview", "--stack", "dev", "--cwd", folder]);
    if (again.exitCode !== 0) throw new Error(again.output);
  }
  const first = await project.tandem(["up", "staging", "--yes"]);
  if (first.exitCode !== 0) throw new Error(first.output);
  const second = await project.tandem(["up", "staging", "--yes"]);

  const cases: Case[] = [
    { name: CASES.precompiled, run: () => timedPreview(empty.js, "dev", PLAIN) },
    { name: CASES.ownHost, run: () => timedPreview(empty.js, "dev") },
    {
      name: CASES.template,
      run: () => timedPreview(empty.ts, "dev", CHECKED),
    },
    { name: "the same, not type-checked again", run: () => timedPreview(empty.ts, "dev", PLAIN) },
    { name: CASES.oracle, run: () => timedPreview(project.folder, "staging") },
    {
      name: CASES.policies,
      run: () => timedPreview(project.folder, "staging", {}, ["--policy-pack", PACK]),
    },
  ];
  const seconds = cases.map((): number[] => []);
  for (let round = -1; round < rounds; round++) {
    for (const [index, one] of cases.entries()) {
      const took = await one.run();
      // The first round fills caches.
      if (round >= 0) seconds[index]?.push(took);
    }
  }
  const figures: Figure[] = cases.map(({ name }, index) => figure(name, seconds[index] ?? []));
  const problems = beyondLimits({ figures });
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  if (problems.length > 0) process.exitCode = 1;
  writeResult("preview", {
    title: "No-op preview",
    rounds,
    base: CASES.precompiled,
    figures,
    extra: {
      "first `./tandem up staging`, images present, s": first.seconds.toFixed(1),
      "second `./tandem up staging`, nothing to do, s": second.seconds.toFixed(1),
    },
  });
} finally {
  await project.remove();
  for (const folder of Object.values(empty)) rmSync(join(folder, ".."), { recursive: true, force: true });
}
