// The commands of `tandem`. Each loads its own code when it runs: `env` and `--help` stay quick.
import { enableCompileCache } from "node:module";
import { resolvePaths } from "../toolchain/paths.ts";
import { UserError } from "./errors.ts";

enableCompileCache(process.env.NODE_COMPILE_CACHE || resolvePaths().compileCache);
const { Command } = await import("commander");

const program = new Command("tandem")
  .description("Staging and production side by side, from one Pulumi topology.")
  .helpCommand(false);

program
  .command("env")
  .description('print shell exports: after eval "$(./tandem env)", plain `pulumi up -s staging` works')
  .action(async () => (await import("./commands/env.ts")).printEnv());

program
  .command("setup")
  .description("prepare this machine: Docker, the Pulumi CLI, provider plugins, images")
  .option("--check", "only tell what is there and what is missing")
  .action(async (options) => (await import("./commands/setup.ts")).setUp(options));

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  process.stderr.write(`tandem: ${error.message}\n        ${error.mend}\n`);
  process.exitCode = error.exitCode;
}
