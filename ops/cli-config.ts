// The commands that change settings: `config`, and `config import` and `config schema` below it.
import type { Command } from "commander";

/** Adds them. */
export function addConfigCommands(
  program: Command,
  merged: <T extends object>(options: T) => T & { project?: string },
): void {
  const config = program
    .command("config")
    .description("read and change an environment's settings: `pulumi config`, ready to use")
    .argument("<action>", "set, get or rm")
    .argument("<key>", "setting, such as hostPort or, with --path, limits.app.memory")
    .argument("[value]", "new value; a secret is asked for, or read from standard input")
    .option("--stack <name>", "environment", "staging")
    .option("--secret", "keep the value encrypted")
    .option("--path", "the key is a path into a map or list")
    .action(async (action: string, key: string, value: string | undefined, options: { stack: string }) => {
      process.exitCode = await (await import("./commands/config.ts")).config(
        { action, key, value },
        merged(options),
      );
    })
    // Flags after `import` are its own.
    .enablePositionalOptions();

  config
    .command("import")
    .description("write the variables of a .env file into an environment's file; credentials encrypted")
    .argument("<file>", "file with NAME=value lines")
    .option("--stack <name>", 'environment (default: "staging")')
    .option("--role <name>", "service that gets them (default: the system's only one)")
    .option("--secret <name...>", "encrypt these, whatever they look like")
    .option("--plain <name...>", "leave these plain, whatever they are called")
    .option("--overwrite", "give variables that are there already their new value")
    .action(async (file: string, options: { stack?: string }) => {
      // Flags before `import` count too.
      const { stack, system } = config.opts<{ stack: string; system?: string }>();
      const all = merged({ stack, ...(system === undefined ? {} : { system }), ...options });
      await (await import("./commands/config-import.ts")).configImport(file, all);
    });

  config
    .command("schema")
    .description("print Pulumi.yaml's `config:` block as the system's settings ask for it")
    .option("--write", "put it into Pulumi.yaml; the rest of the file stays as it is")
    .action(async ({ write }: { write?: boolean }) => {
      const { system } = config.opts<{ system?: string }>();
      const options = merged({ ...(system === undefined ? {} : { system }), ...(write ? { write } : {}) });
      process.exitCode = await (await import("./commands/config-schema.ts")).configSchema(options);
    });
}
