// The commands of `tandem` that work on no environment: on systems' folders, the machine, this checkout.
import type { Command } from "commander";
import { launcher } from "../lib/launcher.ts";
import { isInstalled } from "../setup/paths.ts";

/** Adds them. */
export function addSetupCommands(program: Command): void {
  program
    .command("init", { hidden: !isInstalled })
    .description("make this repository's first system: topology, settings, a stack file per environment")
    .argument("[folder]", "where; no file that is there is overwritten", "infra")
    .option("--name <name>", "its name (default: the repository's)")
    .option("--no-workflows", "make no GitHub workflows")
    .action(async (folder: string, options: { name?: string; workflows: boolean }) =>
      (await import("./commands/new.ts")).initSystem(folder, options),
    );

  program
    .command("new")
    .description(
      "make the folder of a new system in stacks/: topology, settings, a stack file per environment",
    )
    .argument("<name>", "its name: lower-case letters, digits and hyphens")
    .action(async (name: string) => (await import("./commands/new.ts")).newSystem(name));

  addImport(program);

  program
    .command("workflows", { hidden: !isInstalled })
    .description("make GitHub's workflows that are missing: deploys, previews of pull requests, drift")
    .action(async () => (await import("./commands/workflows.ts")).makeWorkflows());

  program
    .command("setup")
    .description("prepare this machine: Docker, the Pulumi CLI, provider plugins, images")
    .option("--check", "only tell what is there and what is missing")
    .action(async (options: { check?: boolean }) => (await import("./commands/setup.ts")).setUp(options));

  program
    .command("env")
    .description(
      `print shell exports: after eval "$(${launcher()} env)", plain \`pulumi up -s staging\` works`,
    )
    .action(async () => (await import("./commands/env.ts")).printEnv());

  program
    .command("ci", { hidden: true })
    .description("run what a step of GitHub's workflows runs: docs/workflows.md")
    .argument("<step>")
    .argument("[args...]")
    // They are the step's, flags too.
    .passThroughOptions()
    .allowUnknownOption()
    .action(async (step: string, args: string[]) => {
      process.exitCode = await (await import("./commands/ci.ts")).runStep(step, args);
    });

  // The package brings no tests.
  if (isInstalled) return;
  program
    .command("test")
    .description("run every test, or one kind (unit, integration, faults, attacks, soak), file or folder")
    .argument("[what]", "kind of tests, or path of a test file or folder")
    .option("-t, --name <part>", "with a path: only tests with this in their names")
    .action(async (what: string | undefined, { name }: { name?: string }) => {
      process.exitCode = await (await import("./commands/test.ts")).test(what, name);
    });
}

const files = (text: string): string[] => text.split(",").filter((file) => file !== "");

function addImport(program: Command): void {
  program
    .command("import")
    .description(
      "make a system of docker compose files, or of Kamal's: components, settings, secrets encrypted, and a list of what to decide",
    )
    .argument(
      "[folder]",
      "folder of the files; Kamal's are config/deploy.yml, its destinations and .kamal/secrets",
      ".",
    )
    .option(
      "--staging <files>",
      "staging's files, the later over the earlier: a.yml,b.yml, or config/deploy.yml,config/deploy.beta.yml (default: by their names)",
      files,
    )
    .option("--production <files>", "production's files", files)
    .option("--env-file <files>", "files that fill in variables of compose files, for both", files)
    .option("--staging-env-file <files>", "the same for staging alone", files)
    .option("--production-env-file <files>", "the same for production alone", files)
    .option("--staging-profiles <names>", "profiles that are on in staging", files)
    .option("--production-profiles <names>", "profiles that are on in production", files)
    .option("--name <name>", "the system's name (default: the files', else the folder's)")
    .option(
      "--into <folder>",
      "where its files go (default: infra of a repository that has no system, else stacks/<name>)",
    )
    .option("--dry-run", "print the list, write nothing")
    .action(async (folder: string, options: object) =>
      (await import("./commands/import.ts")).importSystem(folder, options),
    );
}
