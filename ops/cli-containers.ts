// The commands of `tandem` that run a program in an environment's containers, or in one made for it.
import { type Command, Option } from "commander";
import { UserError } from "./engine/errors.ts";

/** What the commands share with the others. */
interface Common {
  /** Options of a command together with those before it. */
  merged<T extends object>(options: T): T & { project?: string };
  yesOption: readonly [flag: string, description: string];
}

/**
 * The words before `--` and behind it, which the parser hands on without it: a client's arguments begin there.
 *
 * @param words the command's own words with those behind
 * @param line the whole command line
 * @throws UserError when more than a name stands before it.
 */
export function partWords(
  words: readonly string[],
  line: readonly string[] = process.argv,
): { name: string | undefined; behind: string[] } {
  const at = line.indexOf("--");
  const behind = at === -1 ? [] : line.slice(at + 1);
  const [name, ...more] = words.slice(0, words.length - behind.length);
  if (more.length === 0) return { name, behind };
  throw new UserError(`${more.join(" ")} can't stand here`, `put the client's own arguments behind --`, 2);
}

/** Adds them. */
export function addContainerCommands(program: Command, { merged, yesOption }: Common): void {
  program
    .command("exec")
    .description("run a command in a container of a service that runs; a shell without one")
    .argument("<stack>", "environment")
    .argument("<service>", "service, such as app")
    .argument("[command...]", "command, behind -- where it has flags: exec staging app -- ls -l")
    .option(...yesOption)
    .action(async (stack: string, service: string, command: string[], options: object) => {
      const { exec } = await import("./commands/exec.ts");
      process.exitCode = await exec(stack, service, command, merged(options));
    });

  program
    .command("run")
    .description("run a command in a container of its own, like a service's, gone when it ends")
    .argument("<stack>", "environment")
    .argument("<service>", "service, such as app: its image, variables, secrets, volumes, limits")
    .argument("<command...>", "command, behind -- where it has flags; the image's entry point gets it")
    .addOption(
      new Option("--as <login>", "the owner's login in the variables of the database").choices(["owner"]),
    )
    .option("--entrypoint <program>", "program in the place of the image's entry point")
    .option(...yesOption)
    .action(async (stack: string, service: string, command: string[], options: { as?: "owner" }) => {
      const { run } = await import("./commands/run.ts");
      process.exitCode = await run(stack, service, command, merged(options));
    });

  program
    .command("dump")
    .description("make a restore point of a StatefulService, by its own dump command")
    .argument("<stack>", "environment")
    .argument("<service>", "service, such as db")
    .option("--list", "only tell which there are")
    .action(async (stack: string, service: string, options: { list?: boolean }) =>
      (await import("./commands/dump.ts")).dump(stack, service, merged(options)),
    );

  program
    .command("psql")
    .description("psql on an environment's database")
    .argument("<stack>", "environment")
    .argument("[words...]", "the database's component where there are several; psql's arguments behind --")
    .addOption(
      new Option("--as <login>", "the database's login").choices(["app", "owner", "readonly"]).default("app"),
    )
    .option(...yesOption)
    .action(async (stack: string, words: string[], options: { as: "app" | "owner" | "readonly" }) => {
      const { name, behind } = partWords(words);
      const { psql } = await import("./commands/psql.ts");
      process.exitCode = await psql(stack, name, behind, merged(options));
    });

  program
    .command("redis-cli")
    .description("redis-cli on an environment's Redis, with the application's login")
    .argument("<stack>", "environment")
    .argument("[words...]", "the Redis' component where there are several; redis-cli's arguments behind --")
    .option(...yesOption)
    .action(async (stack: string, words: string[], options: object) => {
      const { name, behind } = partWords(words);
      const { redisCli } = await import("./commands/redis-cli.ts");
      process.exitCode = await redisCli(stack, name, behind, merged(options));
    });
}
