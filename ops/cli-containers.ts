// The commands of `tandem` that run a program in an environment's containers, or in one made for it.
import type { Command } from "commander";

/** What the commands share with the others. */
interface Common {
  /** Options of a command together with those before it. */
  merged<T extends object>(options: T): T & { project?: string };
}

/** Adds them. */
export function addContainerCommands(program: Command, { merged }: Common): void {
  program
    .command("exec")
    .description("run a command in a container of a service that runs; a shell without one")
    .argument("<stack>", "environment")
    .argument("<service>", "service, such as app")
    .argument("[command...]", "command, behind -- where it has flags: exec staging app -- ls -l")
    .action(async (stack: string, service: string, command: string[], options: object) => {
      const { exec } = await import("./commands/exec.ts");
      process.exitCode = await exec(stack, service, command, merged(options));
    });
}
